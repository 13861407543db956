// Shows that the sanitizer works before its silence is believed: a counter that a Mutex guards, which many threads wait
// for, must pass (it does not without mutex.c), and with the argument "race" an unguarded one must be reported.

import Foundation
import Synchronization

final class Counters: @unchecked Sendable {
    let guarded = Mutex([0])
    var unguarded = 0
}

let counters = Counters()
let races = CommandLine.arguments.dropFirst().first == "race"
let done = DispatchGroup()
for _ in 0..<4 {
    done.enter()
    Thread {
        for _ in 0..<20_000 {
            counters.guarded.withLock { $0[0] += 1 }
            if races { counters.unguarded += 1 }
        }
        done.leave()
    }.start()
}
done.wait()
print(counters.guarded.withLock { $0[0] })
