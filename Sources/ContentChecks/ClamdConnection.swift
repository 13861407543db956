import AssetFiles
import Foundation
import Glibc
import MediaStorage

/// One conversation with clamd: a stream goes there in frames (clamd(8), `INSTREAM`), one answer comes back. It waits, so it
/// runs on a thread of its own.
final class ClamdConnection {
    /// What is sent at once, in bytes.
    private static let frameSize = 256 << 10
    private static let longestAnswer = 4096
    private static let longestConnecting = 5.0

    private let address: ClamdAddress
    private let descriptor: Int32
    /// Nothing may take longer without anything going on, in seconds.
    private let timeout: TimeInterval
    private let stop: StopFlag
    private(set) var sent: UInt64 = 0

    /// - Throws: `CheckObstacle` when nobody is there.
    init(_ address: ClamdAddress, timeout: TimeInterval, stop: StopFlag) throws {
        self.address = address
        self.timeout = timeout
        self.stop = stop
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        descriptor = socket(address.family, type, 0)
        guard descriptor >= 0 else { throw Self.away(address, errno) }
        let result = address.withSocketAddress { connect(descriptor, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else { throw Self.away(address, errno) }
        guard result != 0 else { return }
        guard try ready(for: POLLOUT, within: Self.longestConnecting) & Int16(POLLOUT) != 0 else {
            throw Self.away(address, ETIMEDOUT)
        }
        var failure: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
        guard failure == 0 else { throw Self.away(address, failure) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    private static func away(_ address: ClamdAddress, _ failure: Int32) -> CheckObstacle {
        CheckObstacle("clamd is not at \(address): \(String(cString: strerror(failure)))")
    }

    /// Sends all of a content and gives clamd's answer, without its end.
    ///
    /// - Throws: `CheckObstacle`, what reading throws, `CancellationError`.
    func scan(_ content: any MediaReader) throws -> String {
        var goesOn = try send(Array("zINSTREAM\0".utf8))
        var frame = [UInt8]()
        frame.reserveCapacity(Self.frameSize + 4)
        var position: UInt64 = 0
        while goesOn, position < content.size {
            let count = min(content.size - position, UInt64(Self.frameSize))
            frame.removeAll(keepingCapacity: true)
            withUnsafeBytes(of: UInt32(count).bigEndian) { frame.append(contentsOf: $0) }
            try content.append(position..<position + count, to: &frame)
            goesOn = try send(frame)
            position += count
            if goesOn { sent = position }
        }
        if goesOn { _ = try send([0, 0, 0, 0]) }
        return try answer()
    }

    /// - Returns: false when clamd answers already, or takes no more: the answer says why.
    private func send(_ bytes: [UInt8]) throws -> Bool {
        var done = 0
        while done < bytes.count {
            let events = try ready(for: POLLOUT | POLLIN, within: timeout)
            if events & Int16(POLLIN) != 0 { return false }
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    private func answer() throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: Self.longestAnswer)
        while bytes.count < Self.longestAnswer {
            _ = try ready(for: POLLIN, within: timeout)
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { break }
            bytes += buffer[..<count]
            if let end = bytes.firstIndex(of: 0) { return String(decoding: bytes[..<end], as: UTF8.self) }
        }
        throw CheckObstacle(
            "clamd at \(address) ended the connection after \(sent) bytes without an answer: its log says why")
    }

    /// - Returns: what poll(2) says.
    /// - Throws: `CheckObstacle` when nothing happens for so long.
    private func ready(for events: Int32, within limit: TimeInterval) throws -> Int16 {
        let deadline = ContinuousClock.now + .seconds(limit)
        while true {
            try stop.check()
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let count = poll(&entry, 1, 200)
            if count > 0 { return entry.revents }
            guard count == 0 || errno == EINTR else { throw Self.away(address, errno) }
            guard ContinuousClock.now < deadline else {
                throw CheckObstacle(
                    "clamd at \(address) says nothing for \(Int(limit)) seconds, after \(sent) bytes; "
                        + "checks.clamavTimeout says how long is waited")
            }
        }
    }
}
