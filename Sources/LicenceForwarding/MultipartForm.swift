/// A form of several parts (RFC 7578), each of them a file.
struct MultipartForm {
    private let boundary: String
    private var bytes: [UInt8] = []

    /// - Parameter boundary: of letters and digits; nothing in the parts may be like it.
    init(boundary: String) {
        self.boundary = boundary
    }

    /// A boundary that nobody can foresee, so that no part can hold it.
    init() {
        var generator = SystemRandomNumberGenerator()
        let words = (0..<2).map { _ in UInt64.random(in: 0...UInt64.max, using: &generator) }
        self.init(boundary: "keyway" + words.map { String($0, radix: 36) }.joined())
    }

    var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    var body: [UInt8] { bytes + Array("--\(boundary)--\r\n".utf8) }

    /// - Parameters:
    ///   - name: of letters.
    ///   - type: one line.
    mutating func add(_ name: String, type: String, _ content: [UInt8]) {
        let head =
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"; filename=\"\(name)\"\r\n"
            + "Content-Type: \(type)\r\n\r\n"
        bytes += Array(head.utf8) + content + Array("\r\n".utf8)
    }
}
