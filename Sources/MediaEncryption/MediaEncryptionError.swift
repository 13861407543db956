public import ContentKeys
public import Cryptography
public import ISOBaseMedia

/// Why media cannot be encrypted as asked. Never carries key material.
public enum MediaEncryptionError: Error, Sendable, Hashable {
    /// Content keys are never shared between schemes: the key is of another kind than the scheme takes.
    case wrongKeyType(expected: ContentKeyType, actual: ContentKeyType)
    /// The track has no such segment.
    case noSegment(Int)
    /// A video sample without a subsample map: its NAL headers would be encrypted.
    case noSubsamples(sample: Int)
    /// The subsamples of a sample do not add up to its size.
    case subsamplesDisagree(sample: Int)
    /// A sample's number, or its number of blocks, does not fit the counter: a counter block could repeat.
    case counterOverflow(sample: Int)
    /// A clear fragment was asked for an encryptor.
    case notProtected
    /// More media bytes were given than the plan has.
    case tooManyBytes
    /// The boxes of the fragment cannot be written.
    case boxes(BoxError)
    case cryptography(CryptographyError)
}

extension MediaEncryptionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .wrongKeyType(let expected, let actual):
            "media encryption: the key is of type \(actual.rawValue), the scheme takes \(expected.rawValue)"
        case .noSegment(let number): "media encryption: there is no segment \(number)"
        case .noSubsamples(let sample): "media encryption: video sample \(sample) has no subsamples"
        case .subsamplesDisagree(let sample): "media encryption: subsamples of sample \(sample) miss its size"
        case .counterOverflow(let sample): "media encryption: sample \(sample) does not fit the counter"
        case .notProtected: "media encryption: the fragment is clear"
        case .tooManyBytes: "media encryption: more bytes than planned"
        case .boxes(let error): "media encryption: \(error)"
        case .cryptography(let error): "media encryption: \(error)"
        }
    }
}

extension ContentKey {
    /// Runs `body` with the key's bytes if the key is of the expected type.
    func use<Result>(
        as expected: ContentKeyType, _ body: (UnsafeRawBufferPointer) throws(CryptographyError) -> Result
    ) throws(MediaEncryptionError) -> Result {
        guard type == expected else { throw .wrongKeyType(expected: expected, actual: type) }
        do throws(CryptographyError) {
            return try withUnsafeBytes(body)
        } catch {
            throw .cryptography(error)
        }
    }
}
