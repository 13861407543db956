public import ContentKeys
public import Foundation
public import Policies

extension AuditEvent {
    /// The event as the chain covers it: one line of JSON (RFC 8259), members in order of their names, times in whole
    /// milliseconds since 1970. Written by hand, because every key request waits for it.
    var canonicalJSON: [UInt8] {
        var line = AuditLine(action)
        line.add(.actor, actor)
        line.add(.clientAddress, clientAddress)
        line.add(.delivery, delivery?.rawValue)
        line.add(.detail, detail)
        if let keyID { line.add(keyID) }
        line.add(.option, option)
        line.add(.policy, policy)
        line.add(.reason, reason)
        line.add(.requestID, requestID)
        if let steps { line.add(steps) }
        line.add(time)
        line.add(.tokenID, tokenID)
        line.add(.tokenIssuer, tokenIssuer)
        line.add(.tokenKind, tokenKind?.rawValue)
        line.add(.tokenSubject, tokenSubject)
        return line.finished()
    }
}

/// An event as canonical JSON that grows member by member, in order of their names, without white space and without line
/// breaks.
public struct AuditLine: ~Copyable {
    /// In order of their names.
    public enum Member: Int {
        case actor, clientAddress, delivery, detail, keyID, option, policy, reason, requestID, steps, time, tokenID,
            tokenIssuer, tokenKind, tokenSubject

        /// What stands before the value.
        fileprivate var text: StaticString {
            switch self {
            case .actor: ",\"actor\":"
            case .clientAddress: ",\"clientAddress\":"
            case .delivery: ",\"delivery\":"
            case .detail: ",\"detail\":"
            case .keyID: ",\"keyID\":"
            case .option: ",\"option\":"
            case .policy: ",\"policy\":"
            case .reason: ",\"reason\":"
            case .requestID: ",\"requestID\":"
            case .steps: ",\"steps\":"
            case .time: ",\"time\":"
            case .tokenID: ",\"tokenID\":"
            case .tokenIssuer: ",\"tokenIssuer\":"
            case .tokenKind: ",\"tokenKind\":"
            case .tokenSubject: ",\"tokenSubject\":"
            }
        }
    }

    private var json = JSONLine()
    private var last = -1

    public init(_ action: AuditAction) {
        json.append("{\"action\":")
        json.append(string: action.rawValue)
    }

    /// Adds a text; nothing for nil.
    public mutating func add(_ member: Member, _ value: String?) {
        guard let value else { return }
        begin(member)
        json.append(string: value)
    }

    public mutating func add(_ keyID: KeyID) {
        begin(.keyID)
        json.append("\"")
        keyID.withText { json.append(plain: $0) }
        json.append("\"")
    }

    /// In whole milliseconds since 1970.
    public mutating func add(_ time: Date) {
        begin(.time)
        json.append(Int64((time.timeIntervalSince1970 * 1000).rounded()))
    }

    public mutating func add(_ steps: [AuditStep]) {
        begin(.steps)
        json.append("[")
        for (position, step) in steps.enumerated() {
            add(position, step.check, step.option, step.refusal, step.detail)
        }
        json.append("]")
    }

    public mutating func add(_ steps: [EvaluationStep]) {
        begin(.steps)
        json.append("[")
        for (position, step) in steps.enumerated() {
            let refusal = step.refusal
            add(position, step.check.rawValue, step.option, refusal?.code.rawValue, refusal?.detail)
        }
        json.append("]")
    }

    private mutating func add(
        _ position: Int, _ check: String, _ option: String?, _ refusal: String?, _ detail: String?
    ) {
        json.append(position > 0 ? ",{\"c\":" : "{\"c\":")
        json.append(string: check)
        add(",\"d\":", detail)
        add(",\"o\":", option)
        add(",\"r\":", refusal)
        json.append("}")
    }

    private mutating func add(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        json.append(name)
        json.append(string: value)
    }

    consuming func finished() -> [UInt8] {
        json.append("}")
        return json.bytes
    }

    private mutating func begin(_ member: Member) {
        assert(member.rawValue > last)
        last = member.rawValue
        json.append(member.text)
    }
}
