import Catalog
import Policies

extension OperatorContext {
    /// Why a policy is not deleted that locators name, and the way out. Locators keep their policies, those that let nobody in any
    /// more, too: what was open, how and how long, stays known as long as their assets are there.
    ///
    /// - Parameters:
    ///   - policy: what it is, with its name.
    ///   - change: how what all of them may do is changed.
    func heldByLocators(
        _ policy: String, change: String, where names: (Locator) -> Bool
    ) async throws -> OperatorError {
        let locators = try await catalog.locators(asset: nil).filter(names)
        let open = locators.filter { !$0.isRevoked && $0.end > now() }
        if let first = open.first {
            return OperatorError(
                .inUse,
                "\(policy) is in use: \(CountText.text(open.count, "locator")) under it \(open.count == 1 ? "is" : "are") open, "
                    + "among them \(first.id) of asset '\(first.asset)'; 'keyway locator revoke' closes one, and \(change) "
                    + "changes what all may do")
        }
        let assets = Set(locators.map(\.asset)).sorted()
        let more = assets.count > 5 ? " and \(assets.count - 5) more" : ""
        return OperatorError(
            .inUse,
            "\(policy) stays as long as locators that were made under it are remembered, also revoked and ended ones: 'keyway asset "
                + "delete' removes them with their assets (\(assets.prefix(5).joined(separator: ", "))\(more)). It lets nobody "
                + "in: leave it, and make another one under a new name")
    }
}
