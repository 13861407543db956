import Foundation
import HTTPSurface
import HTTPTypes
import Origin

/// Conditional and range requests (RFC 9110, 13 and 14), evaluated before any media byte is read.
struct ConditionalRequest {
    enum Evaluation: Equatable {
        case whole
        case part(Range<UInt64>)
        case notModified
        case preconditionFailed
        case rangeNotSatisfiable
    }

    private let ifMatch: String?
    private let ifNoneMatch: String?
    private let ifModifiedSince: String?
    private let ifUnmodifiedSince: String?
    private let ifRange: String?
    private let range: String?

    /// - Parameter isRead: whether the method is GET; any other has no use for a range (RFC 9110, 14.2).
    init(_ headers: HTTPFields, isRead: Bool) {
        ifMatch = headers[.ifMatch]
        ifNoneMatch = headers[.ifNoneMatch]
        ifModifiedSince = headers[.ifModifiedSince]
        ifUnmodifiedSince = headers[.ifUnmodifiedSince]
        ifRange = headers[.ifRange]
        range = isRead ? headers[.range] : nil
    }

    /// In the order of RFC 9110, 13.2.2.
    func evaluate(_ object: OriginObject) -> Evaluation {
        // Of what depends on policies, too, a date tells nothing.
        let modified = object.lifetime == .immutable ? HTTPDate.wholeSeconds(object.lastModified) : nil
        if let ifMatch {
            guard Self.list(ifMatch, names: object.entityTag, weakly: false) else { return .preconditionFailed }
        } else if let modified, let date = ifUnmodifiedSince.flatMap(HTTPDate.parse) {
            guard modified <= HTTPDate.wholeSeconds(date) else { return .preconditionFailed }
        }
        if let ifNoneMatch {
            if Self.list(ifNoneMatch, names: object.entityTag, weakly: true) { return .notModified }
        } else if let modified, let date = ifModifiedSince.flatMap(HTTPDate.parse),
            modified <= HTTPDate.wholeSeconds(date)
        {
            return .notModified
        }
        guard let range, rangeStillApplies(object, modified) else { return .whole }
        return switch ByteRangeField(range, size: object.size) {
        case .whole: .whole
        case .part(let part): .part(part)
        case .notSatisfiable: .rangeNotSatisfiable
        }
    }

    /// If-Range takes a strong tag or a date (RFC 9110, 13.1.5); anything else makes the answer whole.
    private func rangeStillApplies(_ object: OriginObject, _ modified: Int?) -> Bool {
        guard let ifRange else { return true }
        if ifRange.hasPrefix("\"") { return ifRange == "\"\(object.entityTag)\"" }
        return HTTPDate.parse(ifRange).map { HTTPDate.wholeSeconds($0) == modified } ?? false
    }

    private static func list(_ header: String, names tag: String, weakly: Bool) -> Bool {
        if header.trimmingCharacters(in: .whitespaces) == "*" { return true }
        return header.split(separator: ",").contains { item in
            let item = item.trimmingCharacters(in: .whitespaces)
            return item == "\"\(tag)\"" || (weakly && item == "W/\"\(tag)\"")
        }
    }
}
