import Adapters
import ArgumentParser
import Foundation
import HTTPSurface
import Hummingbird
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
        let serviceConfiguration = try await ServiceConfiguration.load(path: nil, environment: environment)
        let tools = try DemoProof.Tools()
        let stage = DemoStage(installation: installation)
        try await stage.apply(documents)
        let asset = try await stage.encode(file ?? Self.defaultFile)

        let listening = ListenerLatch()
        let page = PageConfiguration()
        let server = Server(
            installation: installation, configuration: serviceConfiguration, roles: Set(ServiceRole.allCases),
            logger: Logger(label: "keyway") { StreamLogHandler.standardError(label: $0) },
            onListening: { if $0 == "origin" { listening.open($1) } },
            extraRoutes: { PlayerRoutes(configuration: { page.data }).add(to: $0) })
        let exits = exitsAfterProof || ["1", "true", "yes"].contains(environment["DEMO_EXIT"] ?? "")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await server.run()
                return true
            }
            group.addTask {
                let endpoint = await listening.url()
                let published = try await stage.publish(asset, endpoint: endpoint)
                let tokens = try await DemoTokens(installation)
                let data = try DemoPage(published, tokens: tokens, endpoint: endpoint).json()
                page.data = data
                try await DemoProof(tools: tools, published: published, tokens: tokens, endpoint: endpoint).run()
                Self.invite(published, endpoint, stays: !exits)
                return exits
            }
            // The server's end, or the proof's when the demo stops after it, ends the demo.
            while let isEnd = try await group.next() {
                if isEnd { break }
            }
            group.cancelAll()
        }
    }

    private static func invite(_ published: PublishedReport, _ endpoint: String, stays: Bool) {
        Terminal.print("\nStreams (each needs a token for its keys):")
        for stream in published.streams {
            Terminal.print("  \(stream.format), \(stream.encryption)\n    \(stream.url)")
        }
        Terminal.print("\nA token:  keyway token issue --policy demo-viewers")
        Terminal.print("Watch it: \(endpoint)/player/")
        if stays { Terminal.print("\nServing until Ctrl-C.") }
    }
}

/// Opens once, when the listener accepts.
private final class ListenerLatch: Sendable {
    private let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func open(_ url: String) {
        continuation.yield(url)
        continuation.finish()
    }

    func url() async -> String {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next() ?? ""
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
