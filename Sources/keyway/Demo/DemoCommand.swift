import Adapters
import Administration
import ArgumentParser
import Foundation
import HTTPSurface
import Hummingbird
import KeyServer
import Logging
import OriginHTTP
import Synchronization

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Everything on one machine with real video: encode, protect, publish, serve, prove, stay up.",
        discussion: """
            Applies the documents in Policies/ and Keys/, encodes the file, publishes it under three delivery \
            policies, serves it, and proves with programs that are not Keyway's that it plays with a token and not \
            without. With --exit, or DEMO_EXIT=1, it stops after the proof.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "A media file (default: the clip in Tests/Media).")
    var file: String?

    @Flag(name: .customLong("exit"), help: "Stop after the proof (also DEMO_EXIT=1).")
    var exitsAfterProof = false

    @Option(help: "Documents to apply; may be repeated.")
    var documents = ["Policies", "Keys"]

    private static let defaultFile = "Tests/Media/bigbuckbunny_720p.mp4"

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let installation = try await common.open()
        let serviceConfiguration = try await common.configuration()
        let tools = try DemoProof.Tools()
        let stage = DemoStage(installation: installation)
        try await stage.apply(documents)
        let asset = try await stage.encode(file ?? Self.defaultFile)

        let listening = Latch<String>()
        let page = PageConfiguration()
        let server = Server(
            installation: installation, configuration: serviceConfiguration, roles: Set(ServiceRole.allCases),
            logger: Self.logger,
            onListening: { if $0 == "origin" { listening.open($1) } },
            extraRoutes: { PlayerRoutes(configuration: { page.data }).add(to: $0) })
        let exits = exitsAfterProof || ["1", "true", "yes"].contains(environment["DEMO_EXIT"] ?? "")
        try await withThrowingTaskGroup(of: Void.self) { group in
            let stopper = Latch<@Sendable () async -> Void>()
            group.addTask { try await server.run { stopper.open($0) } }
            group.addTask {
                do {
                    guard let endpoint = await listening.value() else { throw CancellationError() }
                    let published = try await stage.publish(asset, endpoint: endpoint)
                    let tokens = try await DemoTokens(installation)
                    page.data = try DemoPage(published, tokens: tokens, endpoint: endpoint).json()
                    try await DemoProof(tools: tools, published: published, tokens: tokens, endpoint: endpoint).run()
                    Self.invite(published, endpoint, stays: !exits)
                } catch {
                    await stopper.value()?()
                    throw error
                }
                if exits { await stopper.value()?() }
            }
            try await group.waitForAll()
        }
    }

    private static var logger: Logger {
        var logger = Logger(label: "keyway") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        return logger
    }

    private static func invite(_ published: PublishAsset.Report, _ endpoint: String, stays: Bool) {
        Terminal.print("\nStreams (each needs a token for its keys):")
        for stream in published.streams {
            Terminal.print("  \(stream.format), \(stream.encryption)\n    \(stream.url)")
        }
        Terminal.print("\nA token:  keyway token issue --policy demo-viewers")
        Terminal.print("Watch it: \(endpoint)/player/")
        if stays { Terminal.print("\nServing until Ctrl-C.") }
    }
}

/// Gives a value to those who wait for it, once it is there.
private final class Latch<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func open(_ value: Value) {
        continuation.yield(value)
    }

    /// Nil when the task is cancelled before the value is there.
    func value() async -> Value? {
        for await value in stream { return value }
        return nil
    }
}

/// What the player page is told, once it is known.
private final class PageConfiguration: Sendable {
    private let value = Mutex<Data?>(nil)

    var data: Data? {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
