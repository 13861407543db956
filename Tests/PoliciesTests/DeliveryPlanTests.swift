import MediaModel
import Policies
import Testing

private func rule(
    _ name: String, _ protocols: Set<StreamingProtocol>, _ encryption: DeliveryEncryption
) -> DeliveryPolicy {
    DeliveryPolicy(name: name, protocols: protocols, encryption: encryption)
}

private let everything = Set(DeliveryEncryption.allCases)

/// What the decision must be, without the plan's contents.
enum Verdict: Equatable, Sendable {
    case allowed(String)
    case blocked, notInPolicy, cannotCarry
    case ambiguous([DeliveryEncryption])
}

struct DeliveryRow: Sendable {
    var policies: [DeliveryPolicy]
    var asked: DeliveryEncryption?
    var capable: Set<DeliveryEncryption> = everything
    var expected: Verdict
}

@Suite struct DeliveryPlanTests {
    @Test(arguments: [
        DeliveryRow(policies: [], expected: .blocked),
        DeliveryRow(policies: [rule("a", [.dash], .none)], expected: .blocked),
        DeliveryRow(policies: [rule("a", [.hls], .none)], expected: .allowed("a")),
        DeliveryRow(policies: [rule("a", [.hls], .blocked)], expected: .blocked),
        DeliveryRow(policies: [rule("a", [.hls], .cbcs), rule("b", [.hls], .blocked)], expected: .blocked),
        DeliveryRow(policies: [rule("a", [.hls], .cbcs)], asked: DeliveryEncryption.none, expected: .notInPolicy),
        DeliveryRow(policies: [rule("a", [.hls], .cbcs)], asked: .cenc, expected: .notInPolicy),
        DeliveryRow(policies: [rule("a", [.hls], .cbcs)], asked: .cbcs, expected: .allowed("a")),
        DeliveryRow(policies: [rule("a", [.hls], .cbcs)], capable: [.envelope], expected: .cannotCarry),
        DeliveryRow(policies: [rule("a", [.hls], .cbcs)], asked: .cbcs, capable: [], expected: .cannotCarry),
        DeliveryRow(
            policies: [rule("a", [.hls], .cenc), rule("b", [.hls], .cbcs)], expected: .ambiguous([.cbcs, .cenc])),
        DeliveryRow(
            policies: [rule("a", [.hls], .cenc), rule("b", [.hls], .cbcs)], asked: .cbcs, expected: .allowed("b")),
        DeliveryRow(
            policies: [rule("a", [.hls], .cenc), rule("b", [.hls], .envelope)], capable: [.envelope],
            expected: .allowed("b")),
        DeliveryRow(
            policies: [rule("a", [.dash], .cenc), rule("b", [.hls], .envelope)], expected: .allowed("b")),
    ])
    func decisions(_ row: DeliveryRow) {
        let request = DeliveryRequest(streamingProtocol: .hls, encryption: row.asked, capable: row.capable)
        let verdict: Verdict =
            switch DeliveryPlan.decide(request, under: row.policies) {
            case .allowed(let plan): .allowed(plan.policy.name)
            case .blocked: .blocked
            case .encryptionNotInPolicy: .notInPolicy
            case .formatCannotCarry: .cannotCarry
            case .ambiguous(let choices): .ambiguous(choices)
            }
        #expect(verdict == row.expected)
    }

    @Test func clearOnlyWhenAPolicySaysSo() {
        for encryption in DeliveryEncryption.allCases where encryption != .none {
            for asked in [nil, DeliveryEncryption.none] {
                let request = DeliveryRequest(streamingProtocol: .hls, encryption: asked, capable: everything)
                if case .allowed(let plan) = DeliveryPlan.decide(request, under: [rule("a", [.hls], encryption)]) {
                    #expect(plan.encryption != .none)
                }
            }
        }
    }

    @Test(arguments: DeliveryEncryption.allCases, DeliveryEncryption.allCases)
    func conflicts(left: DeliveryEncryption, right: DeliveryEncryption) {
        let exclusive: Set<DeliveryEncryption> = [.none, .blocked]
        let expected = left == right || exclusive.contains(left) || exclusive.contains(right)
        let over = DeliveryPlan.conflict(in: [rule("a", [.hls, .dash], left), rule("b", [.hls, .dash], right)])
        #expect((over != nil) == expected)
        #expect(over.map { $0.streamingProtocol == .dash && $0.left == "a" && $0.right == "b" } != false)
        #expect(DeliveryPlan.conflict(in: [rule("a", [.hls], left), rule("b", [.dash], right)]) == nil)
        #expect(DeliveryPlan.conflict(in: [rule("a", [.hls], left)]) == nil)
    }

    @Test func withoutConflictAProtocolNeverMixesClearAndEncrypted() {
        for left in DeliveryEncryption.allCases {
            for right in DeliveryEncryption.allCases {
                let policies = [rule("a", [.hls], left), rule("b", [.hls], right)]
                guard DeliveryPlan.conflict(in: policies) == nil else { continue }
                #expect(left.keyType != nil && right.keyType != nil && left.keyType != right.keyType)
            }
        }
    }
}
