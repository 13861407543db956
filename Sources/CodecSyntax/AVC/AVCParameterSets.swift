/// The parameter sets in force for a track.
public struct AVCParameterSets: Hashable, Sendable {
    /// All sequence parameter sets of the track.
    public private(set) var sequences: [SequenceParameterSet]
    /// All picture parameter sets of the track.
    public private(set) var pictures: [PictureParameterSet]

    /// Reads the parameter sets of a decoder configuration record.
    ///
    /// - Throws: when one of them cannot be read.
    public init(_ configuration: AVCDecoderConfiguration) throws(CodecSyntaxError) {
        var sequences: [SequenceParameterSet] = []
        for nalUnit in configuration.sequenceParameterSets {
            sequences.append(try SequenceParameterSet(nalUnit: nalUnit))
        }
        var pictures: [PictureParameterSet] = []
        for nalUnit in configuration.pictureParameterSets {
            pictures.append(try PictureParameterSet(nalUnit: nalUnit, sequences: sequences))
        }
        self.sequences = sequences
        self.pictures = pictures
    }

    /// The picture parameter set of an id and the sequence parameter set that it refers to.
    func sets(forPicture id: Int) -> (SequenceParameterSet, PictureParameterSet)? {
        guard let picture = pictures.first(where: { $0.id == id }),
            let sequence = sequences.first(where: { $0.id == picture.sequenceID })
        else { return nil }
        return (sequence, picture)
    }

    /// Takes in a parameter set that a sample brings; one of the same id it replaces.
    mutating func read(_ nalUnit: [UInt8], _ type: NALUnitType) throws(CodecSyntaxError) {
        switch type {
        case .sequenceParameterSet:
            let set = try SequenceParameterSet(nalUnit: nalUnit)
            sequences.removeAll { $0.id == set.id }
            sequences.append(set)
        case .pictureParameterSet:
            let set = try PictureParameterSet(nalUnit: nalUnit, sequences: sequences)
            pictures.removeAll { $0.id == set.id }
            pictures.append(set)
        default: break
        }
    }
}
