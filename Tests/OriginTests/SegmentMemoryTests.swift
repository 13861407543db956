import Foundation
import NIOCore
import Origin
import Testing

@testable import OriginHTTP

/// Segments that were sent stay in memory within bounds, and nobody is held up or paid for twice.
@Suite struct SegmentMemoryTests {
    private static func name(_ number: Int, size: UInt64 = 100) -> SegmentMemory.Name {
        SegmentMemory.Name(
            OriginObject(
                contentType: "video/mp4", size: size, entityTag: "\(number)", lastModified: Date(),
                lifetime: .immutable, body: .bytes([])))
    }

    private static func collect(_ number: Int, in memory: SegmentMemory) -> Bool {
        guard let collection = memory.collection(of: name(number)) else { return false }
        collection.add(ByteBuffer(repeating: UInt8(truncatingIfNeeded: number), count: 100))
        collection.finish()
        return true
    }

    @Test func theSecondRequestKeeps() {
        let memory = SegmentMemory(capacity: 3000)
        #expect(!Self.collect(1, in: memory))
        #expect(memory.pieces(of: Self.name(1)) == nil)
        #expect(Self.collect(1, in: memory))
        #expect(memory.pieces(of: Self.name(1)) == [ByteBuffer(repeating: 1, count: 100)])
        // Equal names mean equal bytes; the size is part of it.
        #expect(memory.pieces(of: Self.name(1, size: 101)) == nil)
    }

    /// However many ask at once, one of them collects; whoever leaves in the middle leaves nothing.
    @Test func oneCollectsAtATime() {
        let memory = SegmentMemory(capacity: 3000)
        #expect(memory.collection(of: Self.name(1)) == nil)
        var first = memory.collection(of: Self.name(1))
        #expect(first != nil)
        #expect(memory.collection(of: Self.name(1)) == nil)
        first?.add(ByteBuffer(repeating: 1, count: 50))
        first = nil
        #expect(memory.pieces(of: Self.name(1)) == nil)
        #expect(Self.collect(1, in: memory))
    }

    /// What is being collected is bounded as what is kept is.
    @Test func collectionsAreBounded() {
        let memory = SegmentMemory(capacity: 3000)
        for number in 0..<20 { _ = memory.collection(of: Self.name(number)) }
        var collections = (0..<20).compactMap { memory.collection(of: Self.name($0)) }
        #expect(collections.count == 10)
        collections.removeAll()
        #expect((0..<20).compactMap { memory.collection(of: Self.name($0)) }.count == 10)
    }

    @Test func itIsBounded() {
        let memory = SegmentMemory(capacity: 3000)
        for number in 0..<200 {
            #expect(!Self.collect(number, in: memory))
            #expect(Self.collect(number, in: memory))
            // Asked for all the time, one outlives the others.
            if number > 0 { #expect(memory.pieces(of: Self.name(0)) != nil) }
        }
        #expect((0..<200).filter { memory.pieces(of: Self.name($0)) != nil }.count <= 21)
        // One that would push out most others is not kept.
        #expect(memory.collection(of: Self.name(900, size: 251)) == nil)
        #expect(memory.collection(of: Self.name(900, size: 251)) == nil)
    }

    @Test func withoutMemoryNothingIsKept() {
        let memory = SegmentMemory(capacity: 0)
        for _ in 0..<3 { #expect(memory.collection(of: Self.name(1)) == nil) }
        #expect(memory.pieces(of: Self.name(1)) == nil)
    }

    @Test(arguments: [0..<250, 0..<1, 99..<101, 100..<200, 249..<250, 37..<213] as [Range<UInt64>])
    func partsAreSlices(range: Range<UInt64>) throws {
        let bytes = (0..<250).map { UInt8($0) }
        let pieces = [bytes[..<100], bytes[100..<200], bytes[200...]].map { ByteBuffer(bytes: $0) }
        let body = KeptSegmentBody(pieces, range)
        #expect(body.byteCount == range.count)
        var read: [UInt8] = []
        while read.count < range.count { read += Array(try #require(body.pieceAtHand()).readableBytesView) }
        #expect(read == Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
    }
}
