import ContentKeys
import MediaEncryption

/// A whole segment under the AES-128 envelope, made from its clear form.
struct EnvelopedSegment: SegmentSource {
    let clear: any SegmentSource
    let key: ContentKey
    let number: IVNumber
    let segment: UInt64
    let form: IVNumber.SegmentForm

    func begin() throws -> any SegmentMaker {
        EnvelopedSegmentMaker(
            clear: try clear.begin(),
            encryptor: try EnvelopeEncryptor(number: number, segment: segment, form: form, key: key))
    }
}

/// Its pieces are gathered in the clear, and then encrypted: several segments' at once, if there are.
final class EnvelopedSegmentMaker: SegmentMaker {
    /// What is at the start of the buffer.
    enum Gathered {
        /// Whole blocks that are still to be encrypted; never none.
        case clear(Int)
        /// The end of the segment, encrypted; zero bytes after it.
        case encrypted(Int)
    }

    private let clear: any SegmentMaker
    let encryptor: EnvelopeEncryptor
    /// The start of a cipher block whose end is not made yet.
    private var rest: [UInt8] = []
    private var isPadded = false

    init(clear: any SegmentMaker, encryptor: EnvelopeEncryptor) {
        self.clear = clear
        self.encryptor = encryptor
    }

    func make(into buffer: UnsafeMutableRawBufferPointer, mayWait: Bool) throws -> Int? {
        switch try gather(into: buffer, mayWait: mayWait) {
        case .clear(let count):
            try encryptor.encrypt(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
            return count
        case .encrypted(let count): return count
        case nil: return nil
        }
    }

    /// Nil when the disk has to be waited for, and may not be.
    func gather(into buffer: UnsafeMutableRawBufferPointer, mayWait: Bool) throws -> Gathered? {
        while !isPadded {
            let open = UnsafeMutableRawBufferPointer(rebasing: buffer[rest.count...])
            guard let made = try clear.make(into: open, mayWait: mayWait) else { return nil }
            buffer.copyBytes(from: rest)
            let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(rest.count + made)])
            guard made > 0 else { return .encrypted(pad(buffer, with: try encryptor.finish(rest))) }
            let whole = EnvelopeEncryptor.wholeBlocks(in: bytes.count)
            rest = Array(bytes[whole...])
            if whole > 0 { return .clear(whole) }
        }
        return .encrypted(0)
    }

    private func pad(_ buffer: UnsafeMutableRawBufferPointer, with last: [UInt8]) -> Int {
        isPadded = true
        buffer.copyBytes(from: last)
        return last.count
    }
}
