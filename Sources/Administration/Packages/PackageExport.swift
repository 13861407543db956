/// What a package is to hold: manifests of a published asset, with everything that they name.
public struct PackageRequest: Sendable, Hashable {
    public var asset: String
    /// As in URLs; none for the usual ones, as far as the delivery policies let them out.
    public var formats: [String]
    /// As in URLs; nil where the policies decide.
    public var encryption: String?
    /// Which one rules; nil for the asset's only one.
    public var locator: String?
    /// Where manifests send players for keys; nil for what is configured.
    public var keysURL: String?

    public init(asset: String, formats: [String], encryption: String?, locator: String?, keysURL: String?) {
        self.asset = asset
        self.formats = formats
        self.encryption = encryption
        self.locator = locator
        self.keysURL = keysURL
    }
}

/// One object of a package.
public struct PackageObject: Sendable {
    /// In bytes.
    public var size: UInt64
    /// Strong, without quotes: what the origin's answer has.
    public var entityTag: String
    /// SHA-256 of all of it.
    public var digest: @Sendable () async throws -> [UInt8]
    /// Gives a range of it a piece at a time, and nil at its end.
    public var pieces: @Sendable (_ range: Range<UInt64>) throws -> PackagePieces

    public init(
        size: UInt64, entityTag: String, digest: @escaping @Sendable () async throws -> [UInt8],
        pieces: @escaping @Sendable (_ range: Range<UInt64>) throws -> PackagePieces
    ) {
        self.size = size
        self.entityTag = entityTag
        self.digest = digest
        self.pieces = pieces
    }
}

/// The next piece of an object; nil at its end. Called in one step after the other.
public typealias PackagePieces = @Sendable () async throws -> [UInt8]?

/// Makes the objects of packages, byte for byte what the origin answers: the origin behind a port, for it knows media.
public protocol PackageExport: Sendable {
    /// What a package consists of.
    ///
    /// - Throws: `OperatorError`.
    func listing(_ request: PackageRequest) async throws -> ListPackage.Report

    /// One object of it.
    ///
    /// - Parameters:
    ///   - address: as the listing has it, relative to the presentation.
    ///   - keysURL: as it was asked for in the listing.
    /// - Throws: `OperatorError`.
    func object(
        asset: String, locator: String, address: String, keysURL: String?
    ) async throws -> PackageObject
}
