import Administration
import Foundation
import Policies

/// A SAS URL that files are put below: of Keyway, with `{file}` where a file's name belongs, or of any store of objects that
/// takes PUT with the query of its signature. The query is a secret: nothing prints it.
public struct SASAddress: Sendable, CustomStringConvertible {
    /// What may be shown: without the query.
    public let description: String
    /// Before and behind a file's path.
    private let ends: (before: String, behind: String)

    /// - Throws: `OperatorError` with `invalid`, which does not repeat the text.
    public init(_ text: String) throws {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        let halves = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let path = halves[0].replacing("{file}", with: "", maxReplacements: 1)
        guard halves.count == 2, !halves[1].isEmpty else {
            throw OperatorError(.invalid, "a SAS URL ends with a query that holds its signature")
        }
        guard text.utf8.count <= 8192, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let url = URL(string: path), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host(), !host.isEmpty, url.user == nil, url.password == nil, url.fragment == nil,
            !halves[1].contains("#"), !halves[1].contains("{")
        else { throw OperatorError(.invalid, "the SAS URL is none: https://HOST/PLACE?SIGNATURE") }
        guard scheme == "https" || LoopbackHost.contains(host) else {
            throw OperatorError(
                .invalid, "the SAS URL must start with https: over http it could be read on the way to '\(host)'")
        }
        if let place = halves[0].range(of: "{file}") {
            ends = (String(halves[0][..<place.lowerBound]), String(halves[0][place.upperBound...]) + "?" + halves[1])
        } else {
            ends = (path.hasSuffix("/") ? path : path + "/", "?" + halves[1])
        }
        description = path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// The address of a file, with the secret.
    ///
    /// - Parameter path: relative, with slashes.
    func url(of path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map {
            RemoteOperator.encoded(String($0))
        }
        return ends.before + parts.joined(separator: "/") + ends.behind
    }
}
