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

private final class EnvelopedSegmentMaker: SegmentMaker {
    private let clear: any SegmentMaker
    private let encryptor: EnvelopeEncryptor
    /// The start of a cipher block whose end is not made yet.
    private var rest: [UInt8] = []
    private var isPadded = false

    init(clear: any SegmentMaker, encryptor: EnvelopeEncryptor) {
        self.clear = clear
        self.encryptor = encryptor
    }

    func make(into buffer: UnsafeMutableRawBufferPointer, mayWait: Bool) throws -> Int? {
        while !isPadded {
            let open = UnsafeMutableRawBufferPointer(rebasing: buffer[rest.count...])
            guard let made = try clear.make(into: open, mayWait: mayWait) else { return nil }
            buffer.copyBytes(from: rest)
            let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(rest.count + made)])
            guard made > 0 else { return pad(buffer, with: try encryptor.finish(rest)) }
            let finished = try encryptor.encrypt(bytes)
            rest = Array(bytes[finished...])
            if finished > 0 { return finished }
        }
        return 0
    }

    private func pad(_ buffer: UnsafeMutableRawBufferPointer, with last: [UInt8]) -> Int {
        isPadded = true
        buffer.copyBytes(from: last)
        return last.count
    }
}
