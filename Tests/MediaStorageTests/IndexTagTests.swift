import ContentKeys
import Foundation
import MediaStorage
import Testing

@Suite struct IndexTagTests {
    private let key = ContentKey.random(.storage)
    private let index = Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    private let digest = [UInt8](repeating: 7, count: 32)

    @Test func anIndexHasOneTagUnderItsKey() throws {
        let tag = try IndexTag.code(of: index, digest: digest, key: key)
        #expect(tag.count == IndexTag.size)
        #expect(try IndexTag.isValid(tag, of: index, digest: digest, key: key))
        #expect(try tag == IndexTag.code(of: index, digest: digest, key: key))
    }

    @Test(arguments: [0, 1, 2500, 4999]) func aFlippedBitIsFound(place: Int) throws {
        let tag = try IndexTag.code(of: index, digest: digest, key: key)
        var other = index
        other[place] ^= 1
        #expect(try !IndexTag.isValid(tag, of: other, digest: digest, key: key))
        #expect(try !IndexTag.isValid(tag, of: index.prefix(place), digest: digest, key: key))
    }

    /// Neither another asset's key nor another index's digest makes the tag, nor a part of it.
    @Test func nothingElseFits() throws {
        let tag = try IndexTag.code(of: index, digest: digest, key: key)
        #expect(try !IndexTag.isValid(tag, of: index, digest: digest, key: .random(.storage)))
        #expect(try !IndexTag.isValid(tag, of: index, digest: [UInt8](repeating: 8, count: 32), key: key))
        #expect(try !IndexTag.isValid(Array(tag.prefix(15)), of: index, digest: digest, key: key))
        #expect(try !IndexTag.isValid([], of: index, digest: digest, key: key))
    }
}
