import Foundation
import Hummingbird
import Logging
import NIOEmbedded
import Synchronization
import Testing

@testable import HTTPSurface

/// The service's log as lines of JSON.
@Suite struct LogLineTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private let lines = Lines()
    private let logger: Logger

    init() {
        var logger = Logger(label: "keyway") { [lines] in JSONLogHandler(label: $0) { lines.add($0) } }
        logger.logLevel = .notice
        self.logger = logger
    }

    private func members() throws -> [String: Any] {
        let line = try #require(lines.all.last)
        #expect(line.hasSuffix("\n") && line.count { $0.isNewline } == 1)
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test func aMessageIsALine() throws {
        logger.info("not at this level")
        logger.warning("the listener is \"open\"", metadata: ["listen.admin": "0.0.0.0:1", "request": "r1"])
        let said = try members()
        #expect(lines.all.count == 1)
        #expect(said["level"] as? String == "warning" && said["logger"] as? String == "keyway")
        #expect(said["message"] as? String == "the listener is \"open\"")
        #expect(said["listen.admin"] as? String == "0.0.0.0:1" && said["request"] as? String == "r1")
        let time = try #require(said["time"] as? String)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        #expect(abs(try Date(time, strategy: style).timeIntervalSinceNow) < 3600)
    }

    @Test(arguments: ["a\nb\r\n", "\u{0}\u{1B}[2J", "\u{2028}a\u{85}\u{2029}", "}\",\"level\":\"x", "日本 🎬", ""])
    func anyTextStaysInItsMember(text: String) throws {
        logger.error("\(text)", metadata: ["a \(text)": "\(text)"])
        let said = try members()
        #expect(said["message"] as? String == text && said["level"] as? String == "error")
        #expect(said["a \(text)"] as? String == text)
    }

    @Test func metadataKeepsItsForm() throws {
        var logger = logger
        logger[metadataKey: "request"] = "r1"
        logger[metadataKey: "hb.request.id"] = "x"
        logger.notice(
            "m",
            metadata: ["list": ["a", ["b": "c"]], "level": "mine", "number": .stringConvertible(7), "request": "r2"])
        let said = try members()
        let list = try #require(said["list"] as? [Any])
        #expect(list.first as? String == "a" && (list.last as? [String: String]) == ["b": "c"])
        #expect(said["level"] as? String == "notice" && said["metadata.level"] as? String == "mine")
        #expect(said["number"] as? String == "7" && said["request"] as? String == "r2")
        #expect(said["hb.request.id"] == nil)
    }

    @Test func aRequestHasOneName() throws {
        var logger = logger
        logger[metadataKey: "hb.request.id"] = "theirs"
        let context = ServiceRequestContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: logger))
        #expect(context.logger[metadataKey: "hb.request.id"] == nil)
        #expect(context.logger[metadataKey: "request"] == .string(context.requestID))
        #expect(context.id == context.requestID)
    }
}
