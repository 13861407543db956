/// Whether a URL's host is this machine and no other: the one place that says for whom plain http will do.
public enum LoopbackHost {
    /// `localhost`, an IPv4 address of 127.0.0.0/8 in its four numbers, or `::1`, in brackets or not. No other name, since
    /// a name leads where somebody's server says.
    public static func contains(_ host: String) -> Bool {
        let name = host.lowercased()
        if ["localhost", "::1", "[::1]"].contains(name) { return true }
        return IPAddress(name).map { $0.bytes.count == 4 && $0.isLoopback } ?? false
    }
}

extension IPAddress {
    /// 127.0.0.0/8 and ::1.
    public var isLoopback: Bool {
        bytes.count == 4 ? bytes.first == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }
}
