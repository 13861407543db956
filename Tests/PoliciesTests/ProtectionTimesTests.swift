import Foundation
import Policies
import Testing

@Suite struct ProtectionTimesTests {
    /// A segment is clear when it starts before the lead's end, whatever its timescale counts in.
    @Test(arguments: [
        (UInt64(0), UInt32(1), true), (9, 1, true), (10, 1, false), (127_999, 12_800, true), (128_000, 12_800, false),
        (479_999, 48_000, true), (480_000, 48_000, false), (.max, 1, false), (0, 0, false),
    ])
    func theLeadEndsWhereItSays(start: UInt64, timescale: UInt32, isClear: Bool) {
        #expect(ProtectionTimes(clearLead: 10).isClear(start: start, timescale: timescale) == isClear)
        #expect(!ProtectionTimes.whole.isClear(start: start, timescale: timescale))
    }

    @Test func periodsCountFromZeroAndAgreeOverTimescales() {
        let times = ProtectionTimes(cryptoPeriod: 300)
        for timescale in [1, 1000, 12_800, 48_000, 90_000, .max] as [UInt32] {
            for second in [0, 1, 299, 300, 301, 599, 600, 86_399] as [UInt64] {
                #expect(times.period(start: second * UInt64(timescale), timescale: timescale) == Int(second / 300))
            }
        }
        #expect(times.periodCount(duration: 0, timescale: 1000) == 1)
        #expect(times.periodCount(duration: 300_000, timescale: 1000) == 1)
        #expect(times.periodCount(duration: 300_001, timescale: 1000) == 2)
        #expect(ProtectionTimes.whole.periodCount(duration: .max, timescale: 1) == 1)
        #expect(ProtectionTimes(cryptoPeriod: 1).periodCount(duration: .max, timescale: 1) > 1_000_000)
    }

    /// Records of before there was a choice mean what they meant, and such a policy is written as it was.
    @Test func oldRecordsAreRead() throws {
        let old = #"{"name":"d","protocols":["dash"],"encryption":"cenc","keyLabels":[]}"#
        let policy = try JSONDecoder().decode(DeliveryPolicy.self, from: Data(old.utf8))
        #expect(policy.times == .whole)
        #expect(!String(decoding: try JSONEncoder().encode(policy), as: UTF8.self).contains("times"))
        var timed = policy
        timed.times = ProtectionTimes(clearLead: 10, cryptoPeriod: 300)
        #expect(try JSONDecoder().decode(DeliveryPolicy.self, from: JSONEncoder().encode(timed)) == timed)
    }
}
