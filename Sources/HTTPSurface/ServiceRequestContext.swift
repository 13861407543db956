import Foundation
public import Hummingbird
import Logging
public import NIOCore
public import Policies

/// What every listener knows of a request: the peer's address and a name for the request.
public struct ServiceRequestContext: RequestContext, RemoteAddressRequestContext {
    public var coreContext: CoreRequestContextStorage
    /// The socket's peer.
    public let remoteAddress: SocketAddress?
    /// Unique, 22 of `0-9a-z`; in the audit log, in problem documents and in log lines.
    public let requestID: String

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
        requestID = Self.makeRequestID(at: Date())
    }

    /// Nine digits of the time in milliseconds, then 64 random bits, all in base 36. Ids that start with the time lie
    /// beside each other in the audit log's index, so that looking decisions up costs little when they are written.
    static func makeRequestID(at time: Date) -> String {
        var generator = SystemRandomNumberGenerator()
        let milliseconds = String(UInt64(max(0, time.timeIntervalSince1970 * 1000)), radix: 36)
        let random = String(generator.next(), radix: 36)
        return padded(milliseconds, to: 9) + padded(random, to: 13)
    }

    private static func padded(_ digits: String, to count: Int) -> String {
        String(repeating: "0", count: max(0, count - digits.count)) + digits
    }

    /// The client's address as policies see it; nil when the transport has none, which no policy then allows.
    public var clientAddress: IPAddress? {
        remoteAddress?.ipAddress.flatMap { IPAddress($0.prefix { $0 != "%" }.description) }
    }
}
