import AssetFiles
import Catalog
public import Foundation
import Policies

/// Makes a locator under which an asset's originals are read, written, listed or deleted by URL, as its access policy says.
public struct CreateSASLocator: OperatorVerb {
    public var asset: String
    public var accessPolicy: String
    /// Now when nil.
    public var start: Date?

    public init(asset: String, accessPolicy: String, start: Date? = nil) {
        self.asset = asset
        self.accessPolicy = accessPolicy
        self.start = start
    }

    public struct Report: Codable, Sendable {
        public var locator: String
        public var asset: String
        public var permissions: [String]
        public var start: Date
        public var end: Date
        /// With `{file}` where a file's name belongs.
        public var url: String
        /// Of the list.
        public var listUrl: String
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard let issuer = context.sas else { throw OperatorError(.unavailable, "SAS URLs cannot be signed here") }
        let record = try await context.asset(named: asset)
        guard let policy = try await context.catalog.accessPolicy(named: accessPolicy) else {
            throw OperatorError(
                .invalid, "there is no access policy \(accessPolicy.quoted); 'keyway apply' makes it of a document")
        }
        let now = context.now()
        let start = Date(timeIntervalSince1970: (start ?? now).timeIntervalSince1970.rounded(.down))
        let locator = Locator(
            id: LocatorID(), kind: .sas, asset: record.name, accessPolicy: policy.name, deliveryPolicies: [],
            start: start, end: start.addingTimeInterval(TimeInterval(policy.duration)))
        let address = try await issuer.address(of: locator, policy.permissions)
        try await context.catalog.apply([
            .insertLocator(locator),
            .require(.sasLocators(asset: record.name, atMost: issuer.limit, now: now)),
            .audit(context.event(.locatorCreated, detail: "\(locator.id): SAS of \(asset) under \(policy.name)")),
        ])
        let base = issuer.base()
        return Report(
            locator: locator.id.description, asset: asset,
            permissions: AccessPermission.allCases.filter(policy.permissions.contains).map(\.rawValue),
            start: locator.start, end: locator.end, url: "\(base)\(address.path){file}?\(address.query)",
            listUrl: "\(base)\(address.path)?\(address.query)")
    }
}
