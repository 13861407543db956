import Glibc

/// Whether something comes to hold. A change is in force on another server soon, and how soon depends on what else the
/// machine does: a test that waits for a fixed time fails on a busy one, and is slow on an idle one.
///
/// - Parameter seconds: how long it is waited for: long enough that only what never comes is missed.
func eventually(within seconds: Int = 60, _ holds: () throws -> Bool) rethrows -> Bool {
    // By the clock: what is asked may take longer than the pause between two questions.
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if try holds() { return true }
        usleep(50_000)
    }
    return try holds()
}

/// Waits for what is promised within a second, three times as long: a busy machine is slow. For what must not happen; what must
/// is waited for with `eventually`.
func settle() {
    usleep(3_000_000)
}
