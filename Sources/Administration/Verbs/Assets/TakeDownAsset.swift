import Catalog
public import Foundation

/// An asset that was taken down or put up again.
public struct TakedownReport: Codable, Sendable {
    public var asset: String
    /// Nil while it is served.
    public var takenDown: Date?
    public var reason: String?
    /// False when it was so before.
    public var changed: Bool
    public var purge: CachePurge
}

/// Takes an asset down: within a second nothing of it is served through any locator, on any server, and its keys are given
/// to nobody, unless another asset that is served has them too. Again, it only says what caches may hold.
public struct TakeDownAsset: OperatorVerb {
    public var name: String
    /// For the list and the audit log.
    public var reason: String?

    public init(name: String, reason: String? = nil) {
        self.name = name
        self.reason = reason
    }

    public func run(in context: OperatorContext) async throws -> TakedownReport {
        let asset = try await context.asset(named: name)
        var takedown = asset.takedown
        if takedown == nil {
            let new = Takedown(time: context.now(), reason: reason)
            takedown = new
            try await context.catalog.apply([
                .require(.asset(asset)), .setTakedown(asset: name, new),
                .audit(context.event(.assetTakenDown, detail: name + (reason.map { ": \($0)" } ?? ""))),
            ])
        }
        return TakedownReport(
            asset: name, takenDown: takedown?.time, reason: takedown?.reason, changed: asset.takedown == nil,
            purge: try await context.purge(of: name))
    }
}

/// Lets an asset that was taken down be served again, through the locators that are open.
public struct RestoreAsset: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> TakedownReport {
        let asset = try await context.asset(named: name)
        if asset.takedown != nil {
            try await context.catalog.apply([
                .require(.asset(asset)), .setTakedown(asset: name, nil),
                .audit(context.event(.assetRestored, detail: name)),
            ])
        }
        return TakedownReport(
            asset: name, takenDown: nil, reason: nil, changed: asset.takedown != nil,
            purge: try await context.purge(of: name))
    }
}
