public import HummingbirdCore
import HummingbirdHTTP2
public import Logging
public import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL
import NIOTLS
import Policies

/// How a listener treats its connections.
public struct ListenerOptions: Sendable {
    public var limits = ConnectionLimits()
    public var clients = ClientAddressRule(trustedProxies: [])
    /// Whether every connection starts with a PROXY protocol header; taken from trusted proxies only.
    public var proxyProtocol = false
    public var tls: TLSFiles?
    public var fastResponder: (any FastResponder)?
    /// Told of what the fast responder answers; nil for no log.
    public var accessLog: ListenerAccessLog?
    /// Told of files of TLS that cannot be used when they change.
    public var logger = Logger(label: "keyway")

    public init() {}

    /// What an application makes its connections with.
    /// - Throws: `TLSFilesError`, here rather than at the first connection.
    public func server() throws -> HTTPServerBuilder {
        _ = try tls.map { try TLSContexts(files: $0, logger: logger) }
        let options = self
        return HTTPServerBuilder { try ListenerChannel(responder: $0, options: options) }
    }
}

/// One connection of a listener: PROXY protocol, TLS, HTTP/1.1 with the fast path before the router, or HTTP/2.
public struct ListenerChannel: HTTPChannelHandler {
    typealias HTTP1 = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// What was negotiated.
    public struct Value: ServerChildChannelValue {
        enum Connection: Sendable {
            case http1(HTTP1)
            case http2(HTTP2Channel.Value)
        }

        let connection: EventLoopFuture<Connection>
        public let channel: any Channel
    }

    public let responder: HTTPChannelHandler.Responder
    private let options: ListenerOptions
    private let contexts: TLSContexts?
    private let http2: HTTP2Channel

    /// - Throws: `TLSFilesError` when certificate or key cannot be used.
    public init(responder: @escaping HTTPChannelHandler.Responder, options: ListenerOptions) throws {
        self.responder = responder
        self.options = options
        contexts = try options.tls.map { try TLSContexts(files: $0, logger: options.logger) }
        http2 = HTTP2Channel(
            responder: responder,
            configuration: .init(
                idleTimeout: .nanoseconds(options.limits.idleTime.nanoseconds),
                streamConfiguration: .init(
                    additionalChannelHandlers: [
                        StreamBodyHandler(limits: options.limits), StreamHeadHandler(limits: options.limits),
                    ],
                    idleTimeout: options.limits.idleTime)))
    }

    public func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let peer = ConnectionPeer(channel.remoteAddress?.policyAddress)
        return channel.eventLoop.makeCompletedFuture {
            if options.proxyProtocol {
                let handler = ProxyProtocolHandler(peer: peer, trusted: options.clients)
                try channel.pipeline.syncOperations.addHandler(handler)
                ConnectionPeer.register(peer, for: channel)
            }
            guard let contexts else {
                let http1 = try setUpHTTP1(channel, peer)
                return Value(connection: channel.eventLoop.makeSucceededFuture(.http1(http1)), channel: channel)
            }
            return Value(connection: try setUpTLS(channel, peer, contexts, logger), channel: channel)
        }
    }

    public func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.connection.get() {
            case .http1(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            case .http2(let connection): await http2.handle(value: connection, logger: logger)
            }
        } catch {
            // A handshake that failed is the client's affair.
            logger.debug("a connection ended before its protocol was negotiated: \(error)")
        }
    }

    private func setUpHTTP1(_ channel: any Channel, _ peer: ConnectionPeer) throws -> HTTP1 {
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = options.limits.fieldSize
        decoding.maxHeaderListSize = options.limits.headSize
        decoding.maxHeaderFieldCount = options.limits.fieldCount
        let pipeline = channel.pipeline.syncOperations
        let time = ConnectionTimeHandler(limits: options.limits)
        let fast = options.fastResponder.map {
            FastRequestHandler(
                responder: $0, clients: options.clients, peer: peer, time: time, limits: options.limits,
                log: options.accessLog)
        }
        if let fast { try pipeline.addHandler(fast) }
        let line = RequestLineMeter()
        try pipeline.addHandler(line)
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(), withDecoderLimitConfiguration: decoding)
        try pipeline.addHandler(HTTP1ConventionHandler(line: line, limits: options.limits))
        try pipeline.addHandler(time)
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: contexts != nil))
        let http1 = try HTTP1(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        if let fast { try pipeline.addHandler(FastReadHandler(fast)) }
        return http1
    }

    private func setUpHTTP2(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Value.Connection> {
        channel.eventLoop.makeCompletedFuture {
            // The handler's own settings, and ours.
            try channel.pipeline.syncOperations.addHandler(HTTP2SettingsHandler(announced: 2))
        }.flatMap {
            http2.setup(channel: channel, logger: logger)
        }.map { connection in
            channel.writeAndFlush(HTTP2SettingsHandler.frame(options.limits), promise: nil)
            return .http2(connection)
        }
    }

    private func setUpTLS(
        _ channel: any Channel, _ peer: ConnectionPeer, _ contexts: TLSContexts, _ logger: Logger
    ) throws -> EventLoopFuture<Value.Connection> {
        // A handshake that stalls holds a connection as a stalled head does.
        let stalled = channel.eventLoop.scheduleTask(in: options.limits.headTime) { channel.close(promise: nil) }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(NIOSSLServerHandler(context: contexts.current))
        let negotiation = NIOTypedApplicationProtocolNegotiationHandler<Value.Connection> { result, channel in
            stalled.cancel()
            if options.tls?.clientAuthorities != nil {
                let certificate = try? channel.pipeline.syncOperations.nioSSL_peerCertificate()?.toDERBytes()
                peer.certificate = certificate
                ConnectionPeer.register(peer, for: channel)
            }
            if case .negotiated("h2") = result { return setUpHTTP2(channel, logger) }
            return channel.eventLoop.makeCompletedFuture { .http1(try setUpHTTP1(channel, peer)) }
        }
        try pipeline.addHandler(negotiation)
        return negotiation.protocolNegotiationResult
    }
}

extension SocketAddress {
    /// The address as policies see it, without a zone; nil for what is no IP address.
    var policyAddress: IPAddress? {
        ipAddress.flatMap { IPAddress($0.prefix { $0 != "%" }.description) }
    }
}
