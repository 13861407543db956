import Catalog
import Foundation
import Glibc

/// Files and folders of the data folder: whose they are, and who may read them.
struct FolderExamination {
    private static let check = "files"
    let dataFolder: String

    func run() -> [Finding] {
        var facts = stat()
        guard stat(dataFolder, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR else {
            return [
                .error(
                    Self.check, "there is no data folder '\(dataFolder)'",
                    "give the right one with --data or KEYWAY_DATA, or start a server, which makes it")
            ]
        }
        var findings: [Finding] = []
        if access(dataFolder + "/restoring", F_OK) == 0 {
            findings.append(
                .error(
                    "restore", "'\(dataFolder)/restoring' is there: a backup was not restored to its end",
                    "run 'keyway restore' again"))
        }
        var count = 0
        for name in secretFiles() {
            count += 1
            findings += look(at: name, owner: facts.st_uid)
        }
        return findings.isEmpty
            ? [
                .ok(
                    Self.check,
                    "\(CountText.text(count, "file or folder is", "files and folders are")) for user \(facts.st_uid) alone"
                )
            ] : findings
    }

    /// What nobody else may read: the folder itself, catalog, key-encryption keys, and the media folder above all media.
    private func secretFiles() -> [String] {
        var names = [""]
        for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "kek", "media", "worker.lock"]
        where access("\(dataFolder)/\(name)", F_OK) == 0 { names.append(name) }
        for folder in ["kek", "kek/retired", "media"] {
            let entries = (try? FileManager.default.contentsOfDirectory(atPath: "\(dataFolder)/\(folder)")) ?? []
            names += entries.sorted().map { "\(folder)/\($0)" }
        }
        return names
    }

    private func look(at name: String, owner: uid_t) -> [Finding] {
        let path = name.isEmpty ? dataFolder : "\(dataFolder)/\(name)"
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return [] }
        let isKEK = name.hasPrefix("kek/") && facts.st_mode & S_IFMT == S_IFREG
        let isFolder = facts.st_mode & S_IFMT == S_IFDIR
        var findings: [Finding] = []
        if facts.st_mode & 0o077 != 0 {
            let mode = String(facts.st_mode & 0o777, radix: 8)
            let action = "chmod \(isFolder ? "700" : "600") '\(path)', and ask who read it"
            let text = "'\(path)' may be read or written by others (mode \(mode))"
            // The data folder itself may be seen by others, but not changed. A KEK that others may read is refused at start.
            let isGrave = name.isEmpty ? facts.st_mode & 0o022 != 0 : isKEK || name == "catalog.sqlite"
            findings.append(
                isGrave
                    ? .error(Self.check, text, action) : .warning(Self.check, text, action))
        }
        if facts.st_uid != owner {
            findings.append(
                .error(
                    Self.check, "'\(path)' belongs to user \(facts.st_uid), the data folder to user \(owner)",
                    "chown \(owner) '\(path)'"))
        }
        if access(path, R_OK) != 0 {
            findings.append(
                .error(Self.check, "'\(path)' cannot be read by this user", "run as user \(facts.st_uid)"))
        }
        return findings
    }
}
