import ContentKeys
import Foundation
import Testing

@Suite struct LockedBytesTests {
    /// The machine's limit is for pages; keys must not take one each.
    @Test func thousandsOfKeysFitIntoLittleMemory() throws {
        let before = try locked()
        let keys = (0..<8000).map { number in
            withUnsafeBytes(of: (number, ~number)) { LockedBytes(copying: $0) }
        }
        #expect(try locked() - before <= 1024)
        for (number, key) in keys.enumerated() {
            let values = try #require(key).withUnsafeBytes { $0.load(as: (Int, Int).self) }
            #expect(values == (number, ~number))
        }
    }

    /// `VmLck` of this process, in KiB.
    private func locked() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmLck:") } ?? ""
        return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }

    @Test func whatWasReleasedIsGone() throws {
        let pattern = [UInt8](repeating: 0xA5, count: 32)
        var bytes = pattern.withUnsafeBytes { LockedBytes(copying: $0) }
        let address = try #require(bytes).withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        #expect(bytes?.withUnsafeBytes { Array($0) } == pattern)
        bytes = nil
        // The arena keeps its pages, so the slot can be read; another key may be there by now.
        let slot = try #require(UnsafeRawPointer(bitPattern: address))
        #expect(Array(UnsafeRawBufferPointer(start: slot, count: 32)) != pattern)
    }

    @Test(arguments: [0, 1, 16, 32])
    func lengthsHold(length: Int) throws {
        let random = LockedBytes.random(count: length)
        #expect(random.withUnsafeBytes { $0.count } == length)
        let copy = random.withUnsafeBytes { LockedBytes(copying: $0) }
        #expect(try #require(copy).withUnsafeBytes { Array($0) } == random.withUnsafeBytes { Array($0) })
    }

    @Test func whatIsTooLongIsRefused() {
        #expect([UInt8](repeating: 1, count: 33).withUnsafeBytes { LockedBytes(copying: $0) } == nil)
    }

    @Test func manyThreadsShareTheArena() async {
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<16 {
                group.addTask {
                    let pattern = [UInt8](repeating: UInt8(task), count: 32)
                    return (0..<500).allSatisfy { _ in
                        let bytes = pattern.withUnsafeBytes { LockedBytes(copying: $0) }
                        return bytes?.withUnsafeBytes { Array($0) } == pattern
                    }
                }
            }
            for await intact in group { #expect(intact) }
        }
    }
}
