import Foundation
import MediaModel
import Policies
import Testing

/// Who shows nothing of a film in the clear shows none of its pictures, unless a policy says so.
@Suite struct PictureRuleTests {
    private func policy(
        _ encryption: DeliveryEncryption, _ pictures: PictureRule? = nil, _ protocols: Set<StreamingProtocol> = [.hls]
    ) -> DeliveryPolicy {
        DeliveryPolicy(name: "\(encryption)", protocols: protocols, encryption: encryption, pictures: pictures)
    }

    @Test(arguments: DeliveryEncryption.allCases)
    func theUsualFollowsFromTheEncryption(encryption: DeliveryEncryption) {
        #expect(policy(encryption).pictureRule == (encryption == .none ? .all : .none))
        #expect(policy(encryption, PictureRule.none).pictureRule == PictureRule.none)
        #expect(policy(encryption, .poster).pictureRule == (encryption == .blocked ? .none : .poster))
        #expect(policy(encryption, .all).pictureRule == (encryption == .blocked ? .none : .all))
    }

    @Test func aPosterIsLessThanAllPictures() {
        let plan = DeliveryPlan.pictures(.poster, under: [policy(.cbcs, .poster)])
        #expect(plan?.encryption == .cbcs)
        #expect(DeliveryPlan.pictures(.thumbnails, under: [policy(.cbcs, .poster)]) == nil)
        #expect(DeliveryPlan.pictures(.thumbnails, under: [policy(.cbcs, .all)]) != nil)
    }

    @Test func nothingWithoutAPolicyThatSaysSo() {
        for role in ImageFormat.Role.allCases {
            #expect(DeliveryPlan.pictures(role, under: []) == nil)
            #expect(DeliveryPlan.pictures(role, under: [policy(.cbcs), policy(.cenc, nil, [.dash])]) == nil)
            #expect(DeliveryPlan.pictures(role, under: [policy(.blocked, .all)]) == nil)
            // Blocked for a protocol is blocked for its pictures, whatever else is said.
            #expect(DeliveryPlan.pictures(role, under: [policy(.none), policy(.blocked)]) == nil)
            #expect(DeliveryPlan.pictures(role, under: [policy(.none, nil, [.dash]), policy(.blocked)]) != nil)
        }
    }

    @Test func theURLsEncryptionIsOneOfThosePolicies() {
        let policies = [policy(.cbcs), policy(.cenc, .all, [.dash])]
        #expect(DeliveryPlan.pictures(.thumbnails, under: policies)?.streamingProtocol == .dash)
        #expect(DeliveryPlan.pictures(.thumbnails, encryption: .cenc, under: policies) != nil)
        #expect(DeliveryPlan.pictures(.thumbnails, encryption: .cbcs, under: policies) == nil)
        #expect(DeliveryPlan.pictures(.thumbnails, encryption: DeliveryEncryption.none, under: policies) == nil)
        let times = ProtectionTimes(clearLead: 10)
        #expect(DeliveryPlan.pictures(.thumbnails, encryption: .cenc, times: times, under: policies) == nil)
        #expect(DeliveryPlan.pictures(.thumbnails, encryption: .cenc, times: .whole, under: policies) != nil)
    }

    /// Documents of before there was a rule stay what they were.
    @Test func recordsKeepTheirForm() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let plain = try encoder.encode(policy(.cbcs))
        #expect(!String(decoding: plain, as: UTF8.self).contains("pictures"))
        #expect(try JSONDecoder().decode(DeliveryPolicy.self, from: plain) == policy(.cbcs))
        let told = policy(.cbcs, .poster)
        #expect(try JSONDecoder().decode(DeliveryPolicy.self, from: encoder.encode(told)) == told)
    }
}
