public import Administration
public import ContentKeys

/// How things from elsewhere come into a data folder.
extension Installation {
    /// - Parameter actor: for the audit log.
    public func importOperation(by actor: String) -> ImportOperation {
        ImportOperation(
            catalog: catalog, material: keyMaterial, makeSecret: { try makeSecret(named: $0, value: $1) },
            compareSecret: { name, value in try compareSecret(name, value) }, actor: actor)
    }

    /// Whether a stored secret has a value, in constant time; nil when there is no secret of that name.
    public func compareSecret(_ name: String, _ value: ZeroedBytes) throws -> Bool? {
        try withSecret(named: name) { stored in
            value.withUnsafeBytes { value in
                stored.count == value.count && zip(stored, value).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
            }
        }
    }
}
