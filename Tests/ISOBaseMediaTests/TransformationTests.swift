import ISOBaseMedia
import MediaModel
import Testing

/// How pictures are turned, and edit lists: what uploads read and init segments write.
@Suite struct TransformationTests {
    @Test(arguments: [0, 90, 180, 270])
    func quartersOfATurnAreReadBack(degrees: Int) throws {
        let matrix = TransformationMatrix(turned: degrees, width: 320 << 16, height: 240 << 16)
        #expect(matrix.degrees == degrees)
        let box = TrackHeaderBox(trackID: 1, width: 320 << 16, height: 240 << 16, matrix: matrix)
        let read = try #require(try BoxParser.parse(box.serialized()).first?.box as? TrackHeaderBox)
        #expect(read.matrix == matrix)
        #expect(read.serialized() == box.serialized())
    }

    @Test func mirrorsAndOthersAreNoTurn() {
        var mirror = TransformationMatrix.identity
        mirror.values[0] = -mirror.values[0]
        #expect(mirror.degrees == nil)
        var half = TransformationMatrix.identity
        half.values[4] /= 2
        #expect(half.degrees == nil)
    }

    @Test func aDescriptionsRotationStandsInTheInitSegment() throws {
        var track = Samples.video
        track.video?.rotation = 270
        let moov = InitializationSegment(track: track).moov
        let header = try #require(moov.descendant("trak", "tkhd") as? TrackHeaderBox)
        #expect(header.matrix.degrees == 270)
    }

    @Test func editListsAreReadBack() throws {
        let list = EditListBox([
            .init(duration: 250, mediaTime: -1), .init(duration: 1 << 40, mediaTime: 1024),
        ])
        let read = try #require(try BoxParser.parse(list.serialized()).first?.box as? EditListBox)
        #expect(read.entries == list.entries)
        #expect(read.entries.map(\.isEmpty) == [true, false])
        // Version 0, as ffmpeg writes it.
        let short: [UInt8] =
            [0, 0, 0, 28] + Array("elst".utf8) + [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 7, 0xD0, 0, 0, 4, 0, 0, 1, 0, 0]
        let entries = (try BoxParser.parse(short).first?.box as? EditListBox)?.entries
        #expect(entries == [.init(duration: 2000, mediaTime: 1024)])
        #expect(entries?.first?.rateIsOne == true)
    }
}
