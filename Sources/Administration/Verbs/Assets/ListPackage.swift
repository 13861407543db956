import Catalog
import Policies

/// What a package of a published asset consists of: every object that players of some manifests may ask for. The objects
/// themselves are fetched one by one.
public struct ListPackage: OperatorVerb {
    public var name: String
    /// Formats as in URLs, with commas between them; nil for HLS and DASH with CMAF, as far as the policies let them out.
    public var formats: String?
    public var encryption: String?
    public var locator: String?
    /// Where manifests send players for keys; nil for what is configured.
    public var keysUrl: String?

    public init(
        name: String, formats: String? = nil, encryption: String? = nil, locator: String? = nil, keysUrl: String? = nil
    ) {
        self.name = name
        self.formats = formats
        self.encryption = encryption
        self.locator = locator
        self.keysUrl = keysUrl
    }

    public struct Manifest: Codable, Sendable, Hashable {
        public var format: String
        public var encryption: String
        /// Its place in the package.
        public var file: String

        public init(format: String, encryption: String, file: String) {
            self.format = format
            self.encryption = encryption
            self.file = file
        }
    }

    public struct Object: Codable, Sendable, Hashable {
        /// Its place in the package.
        public var path: String
        /// What it is fetched by; nil for the path.
        public var address: String?
        /// In bytes.
        public var size: UInt64
        /// Without quotes.
        public var etag: String

        public init(path: String, address: String?, size: UInt64, etag: String) {
            self.path = path
            self.address = address
            self.size = size
            self.etag = etag
        }
    }

    public struct Report: Codable, Sendable {
        public var asset: String
        public var version: Int
        public var locator: String
        public var manifests: [Manifest]
        public var objects: [Object]
        public var warnings: [String]

        public init(
            asset: String, version: Int, locator: String, manifests: [Manifest], objects: [Object], warnings: [String]
        ) {
            self.asset = asset
            self.version = version
            self.locator = locator
            self.manifests = manifests
            self.objects = objects
            self.warnings = warnings
        }
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard let packages = context.packages else {
            throw OperatorError(.unavailable, "there is no origin here that could make packages")
        }
        let report = try await packages.listing(
            PackageRequest(
                asset: name, formats: (formats ?? "").split(separator: ",").map(String.init), encryption: encryption,
                locator: locator, keysURL: keysUrl))
        try await context.catalog.apply([
            .audit(
                context.event(
                    .assetPackaged, detail: "\(report.asset): version \(report.version), locator \(report.locator)"))
        ])
        return report
    }
}
