import Glibc

/// Where clamd listens: a socket of this machine, since what is sent there is in the clear.
public enum ClamdAddress: Sendable, Hashable, CustomStringConvertible {
    /// The path of a socket.
    case local(String)
    /// On loopback: an IPv4 address, and whether it is `::1` instead.
    case loopback(isIPv6: Bool, port: UInt16)

    /// From `unix:/run/clamav/clamd.ctl`, or `tcp:127.0.0.1:3310` and `tcp:[::1]:3310`; nil for anything else.
    public init?(_ text: String) {
        if text.hasPrefix("unix:/") {
            let path = String(text.dropFirst(5))
            // What fits into an address, with its end.
            guard path.utf8.count < 108, !path.utf8.contains(0) else { return nil }
            self = .local(path)
            return
        }
        for (prefix, isIPv6) in [("tcp:127.0.0.1:", false), ("tcp:localhost:", false), ("tcp:[::1]:", true)]
        where text.hasPrefix(prefix) {
            guard let port = UInt16(text.dropFirst(prefix.count)), port > 0 else { return nil }
            self = .loopback(isIPv6: isIPv6, port: port)
            return
        }
        return nil
    }

    public var description: String {
        switch self {
        case .local(let path): "unix:\(path)"
        case .loopback(false, let port): "tcp:127.0.0.1:\(port)"
        case .loopback(true, let port): "tcp:[::1]:\(port)"
        }
    }

    /// Calls with the address as the system has it.
    func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch self {
        case .local(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8.prefix(107))) }
            return Self.call(&address, body)
        case .loopback(false, let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return Self.call(&address, body)
        case .loopback(true, let port):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0[15] = 1 }
            return Self.call(&address, body)
        }
    }

    var family: Int32 {
        switch self {
        case .local: AF_UNIX
        case .loopback(let isIPv6, _): isIPv6 ? AF_INET6 : AF_INET
        }
    }

    private static func call<Address, Result>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        let size = socklen_t(MemoryLayout<Address>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }
}
