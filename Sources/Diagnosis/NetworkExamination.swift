import Adapters
import CMachine
import Foundation
import Glibc
import Settings

/// Ports that listeners need, and servers elsewhere.
struct NetworkExamination {
    /// In milliseconds.
    private static let patience: Int32 = 3000

    struct Listener {
        var name: String
        var address: ListenAddress
        var isEncrypted: Bool
    }

    let listeners: [Listener]
    let upstreams: [ServiceConfiguration.Upstream]
    let asksServers: Bool

    func run() -> [Finding] {
        listeners.flatMap(look) + upstreams.map(reach)
    }

    private func look(at listener: Listener) -> [Finding] {
        let title = "the listener '\(listener.name)' (\(listener.address))"
        guard listener.address.port > 0 else { return [.ok("listeners", "\(title) takes a free port")] }
        switch Socket.bindable(listener.address.host, listener.address.port) {
        case .free: return [.ok("listeners", "\(title) can be opened")]
        case .impossible(let reason):
            return [
                .error(
                    "listeners", "\(title) cannot be opened: \(reason)",
                    "set listen.\(listener.name) to an address of this machine, and a port that this user may take")
            ]
        case .taken:
            let answer = listener.isEncrypted ? nil : Socket.ask(listener.address.host, listener.address.port)
            if listener.isEncrypted {
                return [.ok("listeners", "\(title) is in use, over TLS; it was not asked by whom")]
            }
            return answer.map(Self.isOurs) == true
                ? [.ok("listeners", "\(title) is served by Keyway")]
                : [
                    .error(
                        "listeners", "\(title) is in use by another program",
                        "stop that program ('ss -ltnp' shows it), or set listen.\(listener.name)")
                ]
        }
    }

    /// What Keyway's listeners answer: that of administration that it is well, all others that there is no such thing, with the
    /// request's name.
    private static func isOurs(_ answer: String) -> Bool {
        answer.hasSuffix("{\"status\":\"ok\"}") || answer.contains("\"requestId\":\"")
    }

    private func reach(_ upstream: ServiceConfiguration.Upstream) -> Finding {
        let title = "\(upstream.field): \(upstream.host):\(upstream.port)"
        guard asksServers else {
            return .ok("upstreams", "\(title) was not asked (--network does)")
        }
        return Socket.connects(upstream.host, upstream.port, Self.patience)
            ? .ok("upstreams", "\(title) can be reached")
            : .error("upstreams", "\(title) cannot be reached", "see to the name, the route, and the firewall")
    }
}

/// Plain TCP, for a look.
enum Socket {
    enum Bindable {
        case free
        case taken
        case impossible(String)
    }

    static func bindable(_ host: String, _ port: Int) -> Bindable {
        withAddress(host, port, passive: true) { family, address, length in
            let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { return .impossible(String(cString: strerror(errno))) }
            defer { close(descriptor) }
            var yes: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            if bind(descriptor, address, length) == 0 { return .free }
            return errno == EADDRINUSE ? .taken : .impossible(String(cString: strerror(errno)))
        } ?? .impossible("'\(host)' is not known")
    }

    static func connects(_ host: String, _ port: Int, _ patience: Int32) -> Bool {
        connected(host, port, patience).map { close($0) } != nil
    }

    /// The start of the answer to a request for `/healthz`.
    static func ask(_ host: String, _ port: Int) -> String? {
        let host = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host
        guard let descriptor = connected(host, port, 2000) else { return nil }
        defer { close(descriptor) }
        var time = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        let request = Array("GET /healthz HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 2048)
        while answer.count < 8192 {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer[..<count]
        }
        return answer.isEmpty ? nil : String(decoding: answer, as: UTF8.self)
    }

    private static func connected(_ host: String, _ port: Int, _ patience: Int32) -> Int32? {
        withAddress(host, port, passive: false) { family, address, length -> Int32? in
            let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            let descriptor = socket(family, kind, 0)
            guard descriptor >= 0 else { return nil }
            let result = connect(descriptor, address, length)
            var event = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            var failure: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            guard result == 0 || errno == EINPROGRESS, poll(&event, 1, patience) == 1,
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size) == 0, failure == 0
            else {
                close(descriptor)
                return nil
            }
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
            return descriptor
        } ?? nil
    }

    private static func withAddress<Result>(
        _ host: String, _ port: Int, passive: Bool, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = passive ? AI_PASSIVE : 0
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &list) == 0, let first = list else { return nil }
        defer { freeaddrinfo(first) }
        guard let address = first.pointee.ai_addr else { return nil }
        return body(first.pointee.ai_family, address, first.pointee.ai_addrlen)
    }
}
