import CodecSyntax
import EncoderProtocol

/// From what encoders give to what samples of ISO BMFF are.
enum SampleForm {
    static func sample(_ bytes: UnsafeBufferPointer<UInt8>, of codec: VideoCodec) throws -> [UInt8] {
        switch codec {
        case .h264: try AnnexB.lengthPrefixed(Array(bytes))
        case .hevc: hevc(bytes)
        case .av1: av1(bytes)
        }
    }

    /// NAL units behind their lengths, without delimiters and the parameter sets that stand in the sample entry
    /// (ISO/IEC 14496-15, 8.3.2).
    private static func hevc(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var sample: [UInt8] = []
        sample.reserveCapacity(bytes.count + 16)
        var position = 0
        while let start = startCode(in: bytes, from: position).map({ $0 + 3 }) {
            let end = startCode(in: bytes, from: start) ?? bytes.count
            position = end
            var last = end
            while last > start, bytes[last - 1] == 0 { last -= 1 }
            guard last - start >= 2 else { continue }
            // 32 to 35: parameter sets and delimiters; 38: filler.
            let type = bytes[start] >> 1 & 0x3F
            guard !(32...35).contains(type), type != 38 else { continue }
            let length = UInt32(clamping: last - start)
            for shift: UInt32 in [24, 16, 8, 0] { sample.append(UInt8(truncatingIfNeeded: length >> shift)) }
            sample.append(contentsOf: bytes[start..<last])
        }
        return sample
    }

    /// Where the next start code `00 00 01` begins.
    private static func startCode(in bytes: UnsafeBufferPointer<UInt8>, from position: Int) -> Int? {
        var index = position + 2
        while index < bytes.count {
            switch bytes[index] {
            case 1 where bytes[index - 1] == 0 && bytes[index - 2] == 0: return index - 2
            case 0: index += 1
            default: index += 3
            }
        }
        return nil
    }

    /// Without temporal delimiters (AV1 binding, 2.4). SVT-AV1 writes each at the beginning, with a size of zero.
    private static func av1(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let isDelimited = bytes.count >= 2 && bytes[0] == 0x12 && bytes[1] == 0
        return Array(isDelimited ? UnsafeBufferPointer(rebasing: bytes[2...]) : bytes)
    }
}
