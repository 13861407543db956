import CMachine
import Glibc

/// Room on the disk, and what kind of file system it is.
struct DiskExamination {
    private static let check = "disk"
    /// Below this, in bytes, a server is about to stop giving keys; below the other, somebody should look.
    private static let least: UInt64 = 100 << 20
    private static let little: UInt64 = 1 << 30
    /// `f_type` of file systems, statfs(2), on which locks or memory that processes share cannot be relied on.
    private static let networked: [UInt64: String] = [
        0x6969: "NFS", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB", 0x517B: "SMB",
    ]
    private static let inMemory: Set<UInt64> = [0x0102_1994, 0x8584_58F6]

    let dataFolder: String

    func run() -> [Finding] {
        var facts = statvfs()
        guard statvfs(dataFolder, &facts) == 0 else { return [] }
        let free = UInt64(facts.f_bavail) &* UInt64(facts.f_frsize)
        let total = max(1, UInt64(facts.f_blocks) &* UInt64(facts.f_frsize))
        let text = "\(free >> 20) MiB of \(total >> 20) MiB are free under '\(dataFolder)'"
        var findings: [Finding] = []
        if free < Self.least {
            findings.append(
                .error(Self.check, text + ": when it is full, no key is given out", "make room, or enlarge the disk"))
        } else if free < Self.little || free < total / 20 {
            findings.append(.warning(Self.check, text, "make room, or enlarge the disk"))
        } else {
            findings.append(.ok(Self.check, text))
        }
        if facts.f_files > 0, facts.f_ffree < 1000 {
            findings.append(
                .warning(
                    Self.check, "\(facts.f_ffree) files more can be made on it", "free inodes, or enlarge the disk"))
        }
        let kind = keyway_machine_file_system(dataFolder)
        if let name = Self.networked[kind] {
            findings.append(
                .error(
                    "fileSystem",
                    "the data folder lies on \(name): the catalog needs locks and memory that only a local file "
                        + "system gives", "move the data folder to a local disk"))
        } else if Self.inMemory.contains(kind) {
            findings.append(
                .warning(
                    "fileSystem", "the data folder lies in memory: it is gone with the machine's power",
                    "move the data folder to a disk"))
        } else {
            findings.append(.ok("fileSystem", "the data folder lies on a local file system"))
        }
        return findings
    }
}
