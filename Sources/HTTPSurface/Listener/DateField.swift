import Foundation
import NIOCore
import Synchronization

/// The `Date` field of answers (RFC 9110, 6.6.1), written once a second.
enum DateField {
    private static let last = Mutex<(second: Int, line: ByteBuffer)>((0, ByteBuffer()))

    /// The whole line, with its end.
    static var line: ByteBuffer {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        let second = time.tv_sec
        return last.withLock { last in
            if last.second != second {
                let date = HTTPDate.format(Date(timeIntervalSince1970: Double(second)))
                last = (second, ByteBuffer(string: "date: \(date)\r\n"))
            }
            return last.line
        }
    }
}
