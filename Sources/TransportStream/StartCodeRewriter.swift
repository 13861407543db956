import CodecSyntax

/// Turns the lengths before the NAL units of a sample into start codes while the sample passes by in pieces.
struct StartCodeRewriter {
    /// Bytes of the current NAL unit that are still to come.
    private var unitRest = 0
    /// Bytes of the current length seen so far, and their value.
    private var prefixSeen = 0
    private var length = 0

    /// - Parameters:
    ///   - piece: not more bytes than `sampleRest`.
    ///   - sampleRest: bytes of the sample from the start of `piece` to its end.
    mutating func rewrite(
        _ piece: UnsafeRawBufferPointer, sampleRest: Int, packetizer: inout Packetizer, output: inout PacketBuffer
    ) throws(TransportStreamError) {
        var position = 0
        while position < piece.count {
            if unitRest > 0 {
                let count = min(unitRest, piece.count - position)
                packetizer.append(UnsafeRawBufferPointer(rebasing: piece[position..<(position + count)]), to: &output)
                unitRest -= count
                position += count
                continue
            }
            length = length << 8 | Int(piece[position])
            prefixSeen += 1
            position += 1
            let behind = sampleRest - position
            guard behind > 0 else { throw Self.damaged("a sample ends inside a NAL unit's length") }
            if prefixSeen == LengthPrefixedNALUnits.prefixLength {
                try beginUnit(behind)
                packetizer.append(AnnexB.startCode, to: &output)
            }
        }
    }

    private mutating func beginUnit(_ behind: Int) throws(TransportStreamError) {
        guard length > 0, length <= behind else {
            throw Self.damaged("a NAL unit of \(length) bytes where \(behind) bytes of the sample are left")
        }
        unitRest = length
        prefixSeen = 0
        length = 0
    }

    private static func damaged(_ reason: String) -> TransportStreamError {
        TransportStreamError(.damagedSample, reason)
    }
}
