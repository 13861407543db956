import CMachine
import Cryptography
import Foundation

/// What the machine gives a process: clock, limits, and libraries.
struct MachineExamination {
    /// 2026-01-01, before which no clock is right.
    private static let firstTime: TimeInterval = 1_767_225_600
    /// What the locked pages of keys in use take, and not more.
    private static let lockedMemory: UInt64 = 1 << 20

    /// Connections at once that a listener is configured for.
    let connections: Int
    /// The newest time that the catalog holds; nil when that is not known.
    let newest: Date?

    func run() -> [Finding] {
        clock() + [descriptors(), memory(), dumps(), lanes()]
    }

    private func clock() -> [Finding] {
        let now = Date()
        if now.timeIntervalSince1970 < Self.firstTime {
            return [.error("clock", "the clock says \(now.ISO8601Format())", "set the clock, and have it kept by NTP")]
        }
        if let newest, newest.timeIntervalSince(now) > 60 {
            return [
                .error(
                    "clock",
                    "the clock says \(now.ISO8601Format()), and the audit log has a record of \(newest.ISO8601Format())",
                    "find out which of the two is wrong: tokens and locators are held against the clock")
            ]
        }
        return [
            keyway_machine_clock_is_kept() != 0
                ? .ok("clock", "the clock is kept by a time service")
                : .warning(
                    "clock", "the kernel does not know whether the clock is right",
                    "run a time service; in a container, see that the host does")
        ]
    }

    private func descriptors() -> Finding {
        let limit = keyway_machine_descriptors()
        let needed = UInt64(connections) + 1000
        return limit >= needed
            ? .ok("descriptors", "\(limit) files may be open at once")
            : .warning(
                "descriptors", "\(limit) files may be open at once, and limits.connections is \(connections)",
                "raise the hard limit (LimitNOFILE=\(needed * 2) in the unit), or lower limits.connections")
    }

    private func memory() -> Finding {
        let limit = keyway_machine_lockable()
        return limit >= Self.lockedMemory
            ? .ok("lockedMemory", "keys lie in memory that is not swapped")
            : .warning(
                "lockedMemory", "only \(limit) bytes of memory may be locked: keys may be swapped",
                "raise the hard limit (LimitMEMLOCK=64M in the unit), or encrypt swap")
    }

    private func dumps() -> Finding {
        keyway_machine_core() == 0
            ? .ok("coreDumps", "core dumps are off for every Keyway process")
            : .error("coreDumps", "this process could not turn core dumps off", "set LimitCORE=0 in the unit")
    }

    private func lanes() -> Finding {
        AESBlockChainLanes() == nil
            ? .warning(
                "multiBuffer",
                "the processor or libipsec-mb lacks what encrypts several chains at once: AES-CBC and key requests are slower",
                "nothing, where the origin keeps up; see 'make bench'")
            : .ok("multiBuffer", "several AES-CBC chains are encrypted at once")
    }
}
