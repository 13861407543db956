package import Foundation
import Glibc

/// ClamAV's daemon with a database of the tests' own, on a socket in a folder of its own.
package final class Clamd {
    /// Found by the database wherever it stands in a file.
    package static let ownSignature = "KEYWAY-OWN-SIGNATURE"
    /// The text that every scanner knows (eicar.org), in two pieces, so that no scanner finds it here.
    package static let eicar =
        Data(#"X5O!P%@AP[4\PZX54(P^)7CC)7}$"#.utf8) + Data("EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*".utf8)
    /// Of `eicar`, in bytes.
    private static let eicarDigest = "44d88612fea8a8f36de82e1278abb02f"

    package let folder: String
    private var process: Process?

    package var address: String { "unix:\(folder)/clamd.sock" }

    package init() throws {
        // Paths of sockets are short.
        var template = Array("/tmp/kwclamd-XXXXXX".utf8CString)
        guard let made = template.withUnsafeMutableBufferPointer({ $0.baseAddress.flatMap { mkdtemp($0) } }) else {
            throw Tool.Failure(description: "no folder for clamd")
        }
        folder = String(cString: made)
        chmod(folder, 0o755)
        try FileManager.default.createDirectory(atPath: folder + "/db", withIntermediateDirectories: true)
        let digits = Self.ownSignature.utf8.map { String($0, radix: 16) }.joined()
        try write("db/own.ndb", "Keyway.Own:0:*:\(digits)\n")
        try write("db/eicar.hdb", "\(Self.eicarDigest):\(Self.eicar.count):Eicar-Test-File\n")
        try write(
            "clamd.conf",
            """
            DatabaseDirectory \(folder)/db
            LocalSocket \(folder)/clamd.sock
            LogFile \(folder)/clamd.log
            Foreground yes
            StreamMaxLength 4M
            MaxFileSize 4M
            MaxScanSize 8M
            AlertExceedsMax yes

            """)
        try start()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    }

    package func start() throws {
        unlink(folder + "/clamd.sock")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/sbin/clamd")
        process.arguments = ["-c", folder + "/clamd.conf"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        for _ in 0..<600 {
            if access(folder + "/clamd.sock", F_OK) == 0 { return }
            usleep(50_000)
        }
        throw Tool.Failure(description: "clamd does not listen: apt-get install clamav-daemon")
    }

    /// As nobody expects it to end.
    package func stop() {
        guard let process else { return }
        signal(SIGCONT)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    /// SIGSTOP makes it hang, SIGCONT go on.
    package func signal(_ number: Int32) {
        if let process { kill(process.processIdentifier, number) }
    }
}
