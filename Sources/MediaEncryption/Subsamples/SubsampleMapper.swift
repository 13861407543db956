import MediaModel

/// A run of a sample: clear bytes, then bytes that the cipher works on.
struct ProtectedRun: Hashable, Sendable {
    var clearBytes: Int
    var protectedBytes: Int
}

/// How a scheme makes its own map from what may be encrypted (ISO/IEC 23001-7, 9.5.2).
enum SubsampleMapper {
    /// Protected parts are whole blocks; what is left of each goes to the clear side at its front.
    case wholeBlocks
    /// Protected parts go to the end of the NAL unit; the cipher leaves a last partial block clear.
    case toTheEnd
    /// As `toTheEnd`, and parts shorter than a block keep their entries.
    case everyByte
    /// No map: all of the sample is protected.
    case wholeSample

    private static let blockSize = 16

    /// Whether samples must have a map.
    var needsSubsamples: Bool {
        switch self {
        case .wholeBlocks, .toTheEnd, .everyByte: true
        case .wholeSample: false
        }
    }

    /// The runs of a sample. Runs that protect nothing are joined with the clear bytes after them.
    func runs(of subsamples: [SubsampleEntry], sampleSize: Int) -> [ProtectedRun] {
        guard needsSubsamples else { return [ProtectedRun(clearBytes: 0, protectedBytes: sampleSize)] }
        var runs: [ProtectedRun] = []
        var clear = 0
        for entry in subsamples {
            let protected = Self.protectedSize(Int(entry.protectedBytes), self)
            clear += Int(entry.clearBytes) + Int(entry.protectedBytes) - protected
            guard protected > 0 else { continue }
            runs.append(ProtectedRun(clearBytes: clear, protectedBytes: protected))
            clear = 0
        }
        if clear > 0 { runs.append(ProtectedRun(clearBytes: clear, protectedBytes: 0)) }
        return runs
    }

    private static func protectedSize(_ size: Int, _ mapper: SubsampleMapper) -> Int {
        switch mapper {
        case .wholeBlocks: size / blockSize * blockSize
        // Less than a block would be clear in any case.
        case .toTheEnd, .wholeSample: size < blockSize ? 0 : size
        case .everyByte: size
        }
    }
}
