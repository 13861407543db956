import CodecSyntax
import Foundation
import Testing

/// Slice headers that no encoder at hand writes: field pictures, all ways to number and mark pictures, several slice
/// groups, redundant pictures, colour planes. A generator follows the standard's syntax with random values; where the
/// header ends is known from writing it, and ffmpeg is asked as well.
@Suite struct InventedSliceTests {
    @Test(arguments: 0..<120 as Range<UInt64>)
    func endsWhereItWasWritten(seed: UInt64) throws {
        var random = SplitMix(state: seed &* 7919)
        let stream = InventedStream(&random)
        let parsed = try X264Stream(bytes: stream.bytes)
        let parameters = try AVCParameterSets(parsed.configuration)
        try #require(parsed.slices.count == stream.headerEnds.count)
        for (unit, end) in zip(parsed.slices, stream.headerEnds) {
            let header = try stream.bytes.withUnsafeBytes { try SliceHeader(unit, in: $0, parameters: parameters) }
            #expect(header.bitLength == end)
            #expect(header.byteLength == parsed.escapedLength(of: unit, bits: end))
        }
        // FFmpeg refuses several slice groups and drops pictures that contradict each other, as invented ones do; of
        // what it reads, every header ends where ours does.
        guard seed % 4 == 0, let traced = try? parsed.tracedHeaderEnds() else { return }
        var rest = stream.headerEnds[...]
        for end in traced {
            let match = try #require(rest.firstIndex(of: end))
            rest = rest[(match + 1)...]
        }
    }
}

/// Writes bits; the mirror image of the reader under test.
struct BitWriter {
    var bits: [UInt8] = []

    mutating func u(_ count: Int, _ value: Int) {
        for shift in stride(from: count - 1, through: 0, by: -1) { bits.append(UInt8(value >> shift & 1)) }
    }

    mutating func flag(_ value: Bool) { u(1, value ? 1 : 0) }

    mutating func ue(_ value: Int) {
        let length = Int.bitWidth - (value + 1).leadingZeroBitCount
        u(length - 1, 0)
        u(length, value + 1)
    }

    mutating func se(_ value: Int) { ue(value > 0 ? 2 * value - 1 : -2 * value) }

    /// With the stop bit, in whole bytes, escaped, behind a start code.
    func nalUnit() -> [UInt8] {
        var bits = bits + [1]
        while bits.count % 8 != 0 { bits.append(0) }
        let bytes = stride(from: 0, to: bits.count, by: 8).map { bits[$0..<($0 + 8)].reduce(0) { $0 << 1 | $1 } }
        var escaped: [UInt8] = [0, 0, 0, 1]
        var zeros = 0
        for byte in bytes {
            if zeros >= 2, byte <= 3 {
                escaped.append(3)
                zeros = 0
            }
            escaped.append(byte)
            zeros = byte == 0 ? zeros + 1 : 0
        }
        return escaped
    }
}

/// A sequence parameter set, a picture parameter set and slices, all at random.
struct InventedStream {
    private(set) var bytes: [UInt8] = []
    private(set) var headerEnds: [Int] = []

    private let isHigh: Bool
    private let chromaFormat: Int
    private let separatePlanes: Bool
    private let frameNumberLength: Int
    private let orderType: Int
    private let orderLength: Int
    private let deltasAreZero: Bool
    private let frameOnly: Bool
    private let cabac: Bool
    private let bottomOrder: Bool
    private let groupMap: Int?
    private let changeRate: Int
    private let weighted: Bool
    private let bipred: Int
    private let deblocking: Bool
    private let redundant: Bool
    private let references: [Int]
    private let width: Int
    private let height: Int

    init(_ random: inout SplitMix) {
        isHigh = random.below(2) == 0
        chromaFormat = isHigh ? random.below(4) : 1
        separatePlanes = chromaFormat == 3 && random.below(2) == 0
        frameNumberLength = 4 + random.below(13)
        orderType = random.below(3)
        orderLength = 4 + random.below(13)
        deltasAreZero = random.below(2) == 0
        frameOnly = random.below(2) == 0
        cabac = random.below(2) == 0
        bottomOrder = random.below(2) == 0
        groupMap = random.below(3) == 0 ? random.below(7) : nil
        weighted = random.below(2) == 0
        bipred = random.below(3)
        deblocking = random.below(2) == 0
        redundant = random.below(3) == 0
        references = [1 + random.below(8), 1 + random.below(8)]
        width = 4 + random.below(60)
        height = 4 + random.below(30)
        changeRate = 1 + random.below(40)
        bytes += sequence(&random)
        bytes += picture(&random)
        for number in 0..<12 { addSlice(&random, isIDR: number == 0 || random.below(4) == 0) }
    }

    private func sequence(_ random: inout SplitMix) -> [UInt8] {
        var w = BitWriter()
        for byte in [0x67, isHigh ? 244 : 88, 0, 40] { w.u(8, byte) }
        w.ue(0)
        if isHigh {
            w.ue(chromaFormat)
            if chromaFormat == 3 { w.flag(separatePlanes) }
            w.ue(0)
            w.ue(0)
            w.flag(false)
            let lists = random.below(2) == 0
            w.flag(lists)
            if lists { scalingLists(&w, &random, chromaFormat == 3 ? 12 : 8) }
        }
        w.ue(frameNumberLength - 4)
        w.ue(orderType)
        if orderType == 0 { w.ue(orderLength - 4) }
        if orderType == 1 {
            w.flag(deltasAreZero)
            w.se(-3)
            w.se(100_000)
            w.ue(3)
            for value in [-1, 0, 70_000] { w.se(value) }
        }
        w.ue(4)
        w.flag(false)
        w.ue(width - 1)
        w.ue(height - 1)
        w.flag(frameOnly)
        if !frameOnly { w.flag(true) }
        w.flag(true)
        w.flag(false)
        w.flag(false)
        return w.nalUnit()
    }

    private func scalingLists(_ w: inout BitWriter, _ random: inout SplitMix, _ count: Int) {
        for index in 0..<count {
            let present = random.below(2) == 0
            w.flag(present)
            guard present else { continue }
            // Either all coefficients, or an early end: next scale 0.
            let size = index < 6 ? 16 : 64
            let end = random.below(2) == 0 ? random.below(size) : size
            for position in 0..<min(size, end + 1) { w.se(position == end ? -8 : 0) }
        }
    }

    private func picture(_ random: inout SplitMix) -> [UInt8] {
        var w = BitWriter()
        w.u(8, 0x68)
        w.ue(0)
        w.ue(0)
        w.flag(cabac)
        w.flag(bottomOrder)
        w.ue(groupMap == nil ? 0 : 1)
        if let groupMap { sliceGroups(&w, groupMap) }
        for count in references { w.ue(count - 1) }
        w.flag(weighted)
        w.u(2, bipred)
        for _ in 0..<3 { w.se(random.below(9) - 4) }
        w.flag(deblocking)
        w.flag(false)
        w.flag(redundant)
        if isHigh {
            w.flag(true)
            let lists = random.below(2) == 0
            w.flag(lists)
            if lists { scalingLists(&w, &random, 6 + (chromaFormat == 3 ? 6 : 2)) }
            w.se(2)
        }
        return w.nalUnit()
    }

    /// Two groups.
    private func sliceGroups(_ w: inout BitWriter, _ map: Int) {
        w.ue(map)
        switch map {
        case 0: for value in [3, 5] { w.ue(value) }
        case 2: for value in [0, 1] { w.ue(value) }
        case 3, 4, 5:
            w.flag(true)
            w.ue(changeRate - 1)
        case 6:
            w.ue(width * height - 1)
            for unit in 0..<(width * height) { w.u(1, unit & 1) }
        default: break
        }
    }

    private mutating func addSlice(_ random: inout SplitMix, isIDR: Bool) {
        var w = BitWriter()
        let reference = isIDR ? 1 + random.below(3) : random.below(4)
        w.u(8, reference << 5 | (isIDR ? 5 : 1))
        w.ue(random.below(40))
        let type = isIDR ? 2 : [0, 1, 2, 3, 4][random.below(isHigh ? 3 : 5)]
        w.ue(type + (random.below(2) == 0 ? 5 : 0))
        w.ue(0)
        if separatePlanes { w.u(2, random.below(3)) }
        w.u(frameNumberLength, isIDR ? 0 : random.below(1 << frameNumberLength))
        var isField = false
        if !frameOnly {
            isField = random.below(2) == 0
            w.flag(isField)
            if isField { w.flag(random.below(2) == 0) }
        }
        if isIDR { w.ue(random.below(65_536)) }
        if orderType == 0 {
            w.u(orderLength, random.below(3) == 0 ? 0 : random.below(1 << orderLength))
            if bottomOrder && !isField { w.se(random.below(200) - 100) }
        } else if orderType == 1 && !deltasAreZero {
            w.se(random.below(200_000) - 100_000)
            if bottomOrder && !isField { w.se(-1) }
        }
        if redundant { w.ue(random.below(5)) }
        addReferences(&w, &random, type)
        if reference != 0 { addMarking(&w, &random, isIDR) }
        if cabac && type != 2 && type != 4 { w.ue(random.below(3)) }
        w.se(random.below(21) - 10)
        if type == 3 { w.flag(true) }
        if type == 3 || type == 4 { w.se(-2) }
        if deblocking {
            let idc = random.below(3)
            w.ue(idc)
            if idc != 1 {
                w.se(random.below(13) - 6)
                w.se(random.below(13) - 6)
            }
        }
        if let groupMap, (3...5).contains(groupMap) {
            // Bits for any value from 0 to the number of changes, rounded up.
            let changes = (width * height + changeRate - 1) / changeRate
            var bits = 0
            while 1 << bits < changes + 1 { bits += 1 }
            w.u(bits, random.below(changes + 1))
        }
        headerEnds.append(w.bits.count)
        for _ in 0..<(20 + random.below(200)) { w.u(8, random.below(3) == 0 ? 0 : random.below(256)) }
        bytes += w.nalUnit()
    }

    private func addReferences(_ w: inout BitWriter, _ random: inout SplitMix, _ type: Int) {
        if type == 1 { w.flag(random.below(2) == 0) }
        guard type == 0 || type == 1 || type == 3 else { return }
        var active = type == 1 ? references : [references[0]]
        let overridden = random.below(2) == 0
        w.flag(overridden)
        if overridden {
            for list in active.indices {
                active[list] = 1 + random.below(8)
                w.ue(active[list] - 1)
            }
        }
        for count in active {
            let modified = random.below(2) == 0
            w.flag(modified)
            guard modified else { continue }
            for _ in 0..<random.below(count + 1) {
                let idc = random.below(3)
                w.ue(idc)
                w.ue(idc == 2 ? random.below(3) : random.below(16))
            }
            w.ue(3)
        }
        if weighted && type != 1 || bipred == 1 && type == 1 { addWeights(&w, &random, active) }
    }

    private func addWeights(_ w: inout BitWriter, _ random: inout SplitMix, _ active: [Int]) {
        let hasChroma = chromaFormat != 0 && !separatePlanes
        w.ue(random.below(8))
        if hasChroma { w.ue(random.below(8)) }
        for count in active {
            for _ in 0..<count {
                for values in hasChroma ? [2, 4] : [2] {
                    let present = random.below(2) == 0
                    w.flag(present)
                    if present { for _ in 0..<values { w.se(random.below(256) - 128) } }
                }
            }
        }
    }

    private func addMarking(_ w: inout BitWriter, _ random: inout SplitMix, _ isIDR: Bool) {
        if isIDR { return w.u(2, random.below(4)) }
        let adaptive = random.below(2) == 0
        w.flag(adaptive)
        guard adaptive else { return }
        for _ in 0..<random.below(6) {
            let operation = [1, 2, 3, 4, 6][random.below(5)]
            w.ue(operation)
            w.ue(random.below(4))
            if operation == 3 { w.ue(random.below(4)) }
        }
        w.ue(0)
    }
}
