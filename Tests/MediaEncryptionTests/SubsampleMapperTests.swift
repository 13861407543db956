import ISOBaseMedia
import MediaModel
import Testing

@testable import MediaEncryption

/// What each scheme makes of the subsamples of an index (ISO/IEC 23001-7, 9.5.2).
@Suite struct SubsampleMapperTests {
    private func runs(_ mapper: SubsampleMapper, _ entries: [(UInt32, UInt32)]) -> [[Int]] {
        let size = entries.reduce(0) { $0 + Int($1.0) + Int($1.1) }
        let subsamples = entries.map { SubsampleEntry(clearBytes: $0.0, protectedBytes: $0.1) }
        return mapper.runs(of: subsamples, sampleSize: size).map { [$0.clearBytes, $0.protectedBytes] }
    }

    @Test func wholeBlocksMoveTheRestToTheFront() {
        #expect(runs(.wholeBlocks, [(10, 33)]) == [[11, 32]])
        #expect(runs(.wholeBlocks, [(10, 32), (6, 47)]) == [[10, 32], [21, 32]])
    }

    @Test func partsShorterThanABlockJoinTheNextClearRun() {
        for mapper in [SubsampleMapper.wholeBlocks, .toTheEnd] {
            #expect(runs(mapper, [(10, 15), (5, 32)]) == [[30, 32]])
            #expect(runs(mapper, [(10, 32), (5, 15)]) == [[10, 32], [20, 0]])
            #expect(runs(mapper, [(10, 0), (5, 0)]) == [[15, 0]])
        }
    }

    @Test func toTheEndKeepsPartialBlocks() {
        #expect(runs(.toTheEnd, [(10, 33), (1, 16)]) == [[10, 33], [1, 16]])
    }

    @Test func wholeSamplesHaveNoMap() {
        #expect(runs(.wholeSample, [(0, 5)]) == [[0, 5]])
        #expect(
            SubsampleMapper.wholeSample.runs(of: [], sampleSize: 100) == [.init(clearBytes: 0, protectedBytes: 100)])
    }

    @Test(arguments: [
        (65_535, [[65_535, 16]]), (65_536, [[65_535, 0], [1, 16]]), (131_070, [[65_535, 0], [65_535, 16]]),
        (200_000, [[65_535, 0], [65_535, 0], [65_535, 0], [3395, 16]]),
    ])
    func longClearRunsAreSplit(clear: Int, expected: [[Int]]) {
        let entries = ProtectedRun(clearBytes: clear, protectedBytes: 16).subsamples
        #expect(entries.map { [Int($0.clearBytes), Int($0.protectedBytes)] } == expected)
    }
}
