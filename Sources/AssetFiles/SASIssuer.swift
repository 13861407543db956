import Cryptography
import Foundation
public import Policies

/// Makes and checks the signatures of SAS URLs: `/sas/{locatorId}/{file}?se=…&sig=…&sp=…&st=…`.
///
/// The signature is HMAC-SHA256 over the locator, its permissions and its times under a secret of the installation: who
/// knows a locator's id only cannot make one. What a URL allows is what its signature says and its locator still says, so
/// that a locator that is revoked, or a policy that is narrowed, is in force at once.
public struct SASIssuer: Sendable {
    /// The named secret.
    public static let secretName = "keyway.sas-urls"

    /// Open locators that an asset may have.
    public let limit: Int
    /// What the origin is reached by.
    public let base: @Sendable () -> String
    private let prepare: @Sendable () async throws -> Void
    private let code: @Sendable (_ text: String) -> [UInt8]?

    /// - Parameters:
    ///   - prepare: makes the secret when there is none.
    ///   - code: HMAC-SHA256 of a text under the secret; nil when there is none.
    public init(
        limit: Int, base: @escaping @Sendable () -> String, prepare: @escaping @Sendable () async throws -> Void,
        code: @escaping @Sendable (_ text: String) -> [UInt8]?
    ) {
        self.limit = limit
        self.base = base
        self.prepare = prepare
        self.code = code
    }

    /// The address of a locator's asset, with a slash for the file's name to follow, and the query that opens it.
    public func address(
        of locator: Locator, _ permissions: Set<AccessPermission>
    ) async throws -> (path: String, query: String) {
        try await prepare()
        let terms = SASTerms(locator: locator, permissions: permissions)
        guard let code = code(terms.signedText) else {
            throw AssetFileError(.damaged, "the secret '\(Self.secretName)' cannot be read")
        }
        let signature = Data(code).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
        return ("/sas/\(locator.id)/", "se=\(terms.end)&sig=\(signature)&sp=\(terms.letters)&st=\(terms.start)")
    }

    /// What a query's signature covers; nil when it is not right.
    func terms(of locator: LocatorID, query: [String: String]) -> SASTerms? {
        guard let terms = SASTerms(locator: locator, query: query), let sent = query["sig"],
            let right = code(terms.signedText)
        else { return nil }
        var text = sent.replacing("-", with: "+").replacing("_", with: "/")
        while text.utf8.count % 4 != 0 { text += "=" }
        guard let signature = Data(base64Encoded: text), constantTimeEquals(Array(signature), right) else { return nil }
        return terms
    }
}

/// What the signature of a SAS URL covers.
struct SASTerms: Sendable, Hashable {
    let locator: LocatorID
    let permissions: Set<AccessPermission>
    /// In seconds since 1970.
    let start: Int
    let end: Int

    init(locator: Locator, permissions: Set<AccessPermission>) {
        self.locator = locator.id
        self.permissions = permissions
        start = Int(locator.start.timeIntervalSince1970.rounded(.down))
        end = Int(locator.end.timeIntervalSince1970.rounded(.down))
    }

    /// Nil for a query of another form. What it says is worth nothing before the signature was checked.
    init?(locator: LocatorID, query: [String: String]) {
        guard let letters = query["sp"], let start = query["st"].flatMap({ Int($0) }),
            let end = query["se"].flatMap({ Int($0) })
        else { return nil }
        self.locator = locator
        permissions = Set(AccessPermission.allCases.filter { letters.contains($0.letter) })
        (self.start, self.end) = (start, end)
        guard letters == self.letters else { return nil }
    }

    /// Of each permission the first letter, in one order.
    var letters: String { AccessPermission.allCases.filter(permissions.contains).map { String($0.letter) }.joined() }

    var signedText: String { "keyway sas 1\n\(locator)\n\(letters)\n\(start)\n\(end)" }

    func allows(_ permission: AccessPermission, at now: Date) -> Bool {
        permissions.contains(permission)
            && (Double(start)..<Double(max(start, end))).contains(now.timeIntervalSince1970)
    }
}

extension AccessPermission {
    fileprivate var letter: Character { rawValue.first ?? "?" }
}
