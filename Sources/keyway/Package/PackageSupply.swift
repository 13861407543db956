import Adapters
import AdminClient
import Administration
import AssetFiles
import Foundation
import KeyServer
import Origin

/// Where the objects of a package come from: an origin of this process, or a server.
protocol PackageSupply: Sendable {
    func listing(_ request: PackageRequest) async throws -> ListPackage.Report
    /// Brings an object into a file, from where that is; the file then has its SHA-256, and its name.
    ///
    /// - Returns: the SHA-256, in hexadecimal digits.
    func fetch(_ object: PackagedPlace, into part: PartialFile) async throws -> String
    /// SHA-256 of an object, in hexadecimal digits.
    func digest(of object: PackagedPlace) async throws -> String
    func shutDown() async
}

/// An object of a package that was listed.
struct PackagedPlace: Sendable {
    var object: ListPackage.Object
    var asset: String
    var locator: String
    var keysURL: String?

    var address: String { object.address ?? object.path }
}

extension PackageDesk {
    /// An origin of this process, on the data folder.
    static func local(_ common: CommonOptions) async throws -> PackageDesk {
        let configuration = try await common.configuration()
        let installation = try await common.open()
        let keysURL = configuration.keysURL ?? "http://\(configuration.listenOrigin)"
        return PackageDesk(
            catalog: installation.catalog, keysURL: { keysURL }, isConfigured: configuration.keysURL != nil,
            makeOrigin: {
                OriginService(
                    catalog: installation.catalog, watch: installation.watch, storage: installation.storage,
                    unwrapper: installation.unwrapper, keyBaseURL: $0)
            })
    }
}

extension PackageDesk: PackageSupply {
    func fetch(_ place: PackagedPlace, into part: PartialFile) async throws -> String {
        let object = try await object(place)
        let pieces = try object.pieces(min(part.written, object.size)..<object.size)
        while let piece = try await pieces() { try part.append(piece) }
        return try part.finish(sha256: nil, isDurable: false)
    }

    func digest(of place: PackagedPlace) async throws -> String {
        try await object(place).digest().hexDigits
    }

    private func object(_ place: PackagedPlace) async throws -> PackageObject {
        let object = try await object(
            asset: place.asset, locator: place.locator, address: place.address, keysURL: place.keysURL)
        guard object.entityTag == place.object.etag, object.size == place.object.size else {
            throw OperatorError(.changed, "'\(place.object.path)' was changed: run the command again")
        }
        return object
    }

    func shutDown() async {}
}

/// A server of `KEYWAY_URL`.
struct RemotePackageSupply: PackageSupply {
    private let interface: any OperatorInterface
    private let client: DownloadClient

    init(address: AdminAddress, token: String) throws {
        interface = try RemoteOperator(address: address, token: token)
        client = DownloadClient(address: address, token: token)
    }

    func listing(_ request: PackageRequest) async throws -> ListPackage.Report {
        try await interface.perform(
            ListPackage(
                name: request.asset,
                formats: request.formats.isEmpty ? nil : request.formats.joined(separator: ","),
                encryption: request.encryption, locator: request.locator, keysUrl: request.keysURL))
    }

    func fetch(_ place: PackagedPlace, into part: PartialFile) async throws -> String {
        var digest: [UInt8]?
        if part.written < place.object.size || part.written == 0 {
            digest = try await client.download(place.source, from: part.written) { try part.append($0) }
        }
        let expected = if let digest { digest.hexDigits } else { try await self.digest(of: place) }
        return try part.finish(sha256: expected, isDurable: false)
    }

    func digest(of place: PackagedPlace) async throws -> String {
        guard let digest = try await client.digest(of: place.source) else {
            throw OperatorError(.failed, "the server did not say the SHA-256 of '\(place.object.path)'")
        }
        return digest.hexDigits
    }

    func shutDown() async {
        await client.shutDown()
    }
}

extension PackagedPlace {
    fileprivate var source: DownloadClient.PackagedObject {
        DownloadClient.PackagedObject(
            asset: asset, locator: locator, address: address, entityTag: object.etag, keysURL: keysURL)
    }
}
