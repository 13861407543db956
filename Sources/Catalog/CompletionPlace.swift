/// Where those who wait for decisions hear of them, such as an event loop. Those of one place whose decisions became durable
/// together are told in one go: each told by itself would cost a change of threads.
public protocol CompletionPlace: Sendable {
    /// The same for values that mean the same place.
    var identity: ObjectIdentifier { get }

    /// Runs work there, soon. Called on any thread; must not wait for the work.
    func run(_ work: @escaping @Sendable () -> Void)
}
