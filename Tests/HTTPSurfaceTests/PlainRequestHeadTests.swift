import Testing

@testable import HTTPSurface

@Suite struct PlainRequestHeadTests {
    private func isPlain(_ value: [UInt8]) -> Bool {
        let head = Array("GET / HTTP/1.1\r\nHost: h\r\nA: x".utf8) + value + Array("x\r\n\r\n".utf8)
        let reading = head.withUnsafeBytes { PlainRequestHead.read($0, within: ConnectionLimits()) }
        guard case .whole(let read) = reading else { return false }
        return read.length == head.count
    }

    /// Every byte at every place of a word of eight, in values of any length (RFC 9110, 5.5: what is no text is the decoder's).
    @Test(arguments: 0..<20) func aFieldValueIsText(place: Int) {
        for length in place + 1..<21 {
            for byte in UInt8.min...UInt8.max where byte != UInt8(ascii: "\n") {
                var value = [UInt8](repeating: UInt8(ascii: "~"), count: length)
                value[place] = byte
                #expect(isPlain(value) == ((0x20...0x7E).contains(byte) || byte == 0x09), "\(byte) in \(length)")
            }
        }
    }

    @Test func twoBytesOfOneWordDoNotHideEachOther() {
        for first in [0x1F, 0x20, 0x7E, 0x7F, 0x80, 0xFF] as [UInt8] {
            for second in [0x00, 0x09, 0x1F, 0x7F, 0x80, 0xFF] as [UInt8] {
                let isText = (0x20...0x7E).contains(first) && second == 0x09
                #expect(isPlain([0x41, first, second, 0x41, 0x41, 0x41, 0x41, 0x41]) == isText, "\(first) \(second)")
                #expect(isPlain([0x41, second, first, 0x41, 0x41, 0x41, 0x41, 0x41]) == isText, "\(second) \(first)")
            }
        }
    }
}
