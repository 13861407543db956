import Foundation
import HTTPTypes
import NIOCore
import Synchronization

/// Refusals that were written before, without the request's name: a client that is refused a thousand times a second is told
/// the same each time. Bounded; what is not the same for all is written anew.
enum ProblemTemplates {
    private struct Key: Hashable {
        let status: Int
        let code: String
        let detail: String
    }

    private struct Template {
        /// What stands before the request's name, and behind it.
        let before: [UInt8]
        let after: [UInt8]
    }

    private static let capacity = 256
    private static let known = Mutex<[Key: Template]>([:])
    /// Written in place of the name while a template is made, in letters that JSON writes as they are.
    private static let standIn = "the-name-of-the-request"

    /// Nil when a template would not do.
    static func document(of problem: Problem, requestID: String) -> ByteBuffer? {
        guard problem.choices.isEmpty, problem.errors.isEmpty, requestID.utf8.allSatisfy(isPlain) else { return nil }
        let key = Key(status: problem.status.code, code: problem.code, detail: problem.detail)
        guard let template = known.withLock({ $0[key] }) ?? make(key, problem) else { return nil }
        var document = ByteBuffer()
        document.reserveCapacity(template.before.count + requestID.utf8.count + template.after.count)
        document.writeBytes(template.before)
        document.writeString(requestID)
        document.writeBytes(template.after)
        return document
    }

    private static func make(_ key: Key, _ problem: Problem) -> Template? {
        let document = problem.encoded(requestID: standIn)
        let name = Data(standIn.utf8)
        guard let place = document.range(of: name),
            document.range(of: name, in: place.upperBound..<document.endIndex) == nil
        else { return nil }
        let template = Template(
            before: Array(document[..<place.lowerBound]), after: Array(document[place.upperBound...]))
        known.withLock { known in
            if known.count >= capacity { known = [:] }
            known[key] = template
        }
        return template
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
