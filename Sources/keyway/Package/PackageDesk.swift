import Administration
import Catalog
import Crypto
import Foundation
import Origin
import Packaging
import Policies
import Synchronization

/// Packages of this process's origin: for files of this machine, and for who fetches them over the admin API.
struct PackageDesk: PackageExport {
    /// Where the manifests that are made now send players for keys.
    @TaskLocal private static var chosenKeysURL: String?

    let origin: OriginService
    private let catalog: any CatalogEngine
    private let executor: (any TaskExecutor)?
    private let keysURL: @Sendable () -> String
    private let isConfigured: Bool

    /// - Parameters:
    ///   - makeOrigin: makes an origin whose manifests send players where the closure says.
    ///   - keysURL: where manifests send players for keys when nobody says another place.
    ///   - isConfigured: whether that was configured.
    ///   - executor: makes media; nil for the pool of this process.
    init(
        catalog: any CatalogEngine, keysURL: @escaping @Sendable () -> String, isConfigured: Bool,
        executor: (any TaskExecutor)? = nil,
        makeOrigin: (_ keyBaseURL: @escaping @Sendable () -> String) -> OriginService
    ) {
        self.catalog = catalog
        self.executor = executor
        self.keysURL = keysURL
        self.isConfigured = isConfigured
        origin = makeOrigin { Self.chosenKeysURL ?? keysURL() }
    }

    /// What a request chose.
    struct Selection {
        var parts: [PresentationParts]
        var locator: LocatorID
        var warnings: [String]
    }

    /// Finds what a package is to hold, and gives it, with manifests that send players where the request says.
    ///
    /// - Throws: `OperatorError`.
    func select<Result: Sendable>(
        _ request: PackageRequest, _ body: (Selection) async throws -> Result
    ) async throws -> Result {
        let formats = try Self.formats(request.formats)
        let encryption = try request.encryption.map(Self.encryption)
        let chosen = try Self.keysURL(request.keysURL)
        var warnings: [String] = []
        if chosen == nil, !isConfigured {
            warnings.append(
                "manifests send players for keys to \(keysURL()); give --keys-url or configure keys.url")
        }
        let locator = try await locator(request.locator, of: request.asset)
        return try await Self.$chosenKeysURL.withValue(chosen) {
            try await Self.meaning {
                let parts = try await parts(
                    PresentationReference(locator: locator, name: request.asset), formats, encryption)
                return try await body(Selection(parts: parts, locator: locator, warnings: warnings))
            }
        }
    }

    func listing(_ request: PackageRequest) async throws -> ListPackage.Report {
        try await select(request) { selection in
            let entries = PackageEntry.all(of: selection.parts)
            var objects: [ListPackage.Object] = []
            objects.reserveCapacity(entries.count)
            for entry in entries {
                try Task.checkCancellation()
                let object = try await origin.object(for: entry.request)
                let address = OriginPath.relative(entry.request)
                objects.append(
                    ListPackage.Object(
                        path: entry.path, address: address == entry.path ? nil : address, size: object.size,
                        etag: object.entityTag))
            }
            return ListPackage.Report(
                asset: request.asset, version: selection.parts.first?.version ?? 0,
                locator: "\(selection.locator)",
                manifests: PackageEntry.manifests(of: selection.parts).map {
                    ListPackage.Manifest(format: $0.format.rawValue, encryption: $0.encryption.urlWord, file: $0.file)
                }, objects: objects, warnings: selection.warnings)
        }
    }

    func object(asset: String, locator: String, address: String, keysURL: String?) async throws -> PackageObject {
        guard try await catalog.asset(named: asset) != nil else { throw Self.missing(asset) }
        guard let id = LocatorID(locator) else { throw OperatorError(.invalid, "locator= is not the id of a locator") }
        let chosen = try Self.keysURL(keysURL)
        return try await Self.$chosenKeysURL.withValue(chosen) {
            try await Self.meaning {
                let request = try OriginPath(parsing: "/\(id)/\(asset).ism/\(address)").request
                if case .progressive = request {
                    throw OperatorError(.invalid, "packages have no progressive files")
                }
                return PackageObject(try await origin.object(for: request), executor)
            }
        }
    }

    /// The parts of each manifest.
    private func parts(
        _ presentation: PresentationReference, _ formats: [StreamingFormat]?, _ encryption: DeliveryEncryption?
    ) async throws -> [PresentationParts] {
        var parts: [PresentationParts] = []
        var refusals: [OriginError] = []
        for format in formats ?? [.hlsCMAF, .dashCMAF] {
            do {
                parts.append(
                    try await origin.parts(of: .manifest(presentation, format: format, encryption: encryption)))
            } catch let error as OriginError {
                let isBlocked = [.outputFormatBlocked, .encryptionNotInPolicy, .formatCannotCarry].contains(error.code)
                // Formats that nobody named are left out where the policies do not let them out.
                guard formats == nil, isBlocked else { throw error }
                refusals.append(error)
            }
        }
        if parts.isEmpty, let refusal = refusals.first { throw refusal }
        return parts
    }

    private static func formats(_ words: [String]) throws -> [StreamingFormat]? {
        guard !words.isEmpty else { return nil }
        var formats: [StreamingFormat] = []
        for word in words {
            guard let format = StreamingFormat(urlWord: word), StreamingFormat.served.contains(format) else {
                let known = StreamingFormat.served.filter { $0.container != .smooth }.compactMap(\.urlWord)
                throw OperatorError(.invalid, "there is no --format '\(word)': \(known.joined(separator: ", "))")
            }
            if !formats.contains(format) { formats.append(format) }
        }
        return formats
    }

    private static func encryption(_ word: String) throws -> DeliveryEncryption {
        guard let encryption = DeliveryEncryption(urlWord: word), encryption != .none else {
            throw OperatorError(.invalid, "there is no --encryption '\(word)': cbc, cenc, cbcs-aapl")
        }
        return encryption
    }

    private static func keysURL(_ text: String?) throws -> String? {
        guard let text else { return nil }
        guard let url = URL(string: text), ["http", "https"].contains(url.scheme ?? ""), url.host?.isEmpty == false,
            url.query == nil, url.fragment == nil
        else { throw OperatorError(.invalid, "--keys-url is no http or https URL: '\(text)'") }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private func locator(_ text: String?, of asset: String) async throws -> LocatorID {
        guard try await catalog.asset(named: asset) != nil else { throw Self.missing(asset) }
        let now = Date()
        let open = try await catalog.locators(asset: asset).filter { $0.kind == .streaming && $0.isOpen(at: now) }
        if let text {
            guard let id = LocatorID(text), open.contains(where: { $0.id == id }) else {
                throw OperatorError(.invalid, "asset '\(asset)' has no open streaming locator '\(text)'")
            }
            return id
        }
        guard let first = open.first else {
            throw OperatorError(
                .invalid, "asset '\(asset)' is not published: 'keyway publish' makes its keys and a locator")
        }
        guard open.count == 1 else {
            let ids = open.map { "\($0.id)" }.joined(separator: ", ")
            throw OperatorError(.invalid, "asset '\(asset)' has several locators, give --locator: \(ids)")
        }
        return first.id
    }

    private static func missing(_ asset: String) -> OperatorError {
        OperatorError(.missing, "there is no asset '\(asset.prefix(128))'")
    }

    /// Says the origin's errors as operators'.
    private static func meaning<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as OriginError {
            throw OperatorError(error)
        }
    }
}

extension OperatorError {
    fileprivate init(_ error: OriginError) {
        let choices = error.choices.isEmpty ? "" : " (\(error.choices.joined(separator: ", ")))"
        let code: Code =
            switch error.code {
            case .storageFault: .storageFailed
            case .keysUnavailable: .unavailable
            default: .invalid
            }
        self.init(code, error.detail + choices)
    }
}

extension PackageObject {
    /// What the origin answers; media is made by the executor.
    fileprivate init(_ object: OriginObject, _ executor: (any TaskExecutor)?) {
        let body = object.body
        let size = object.size
        let pieces: @Sendable (Range<UInt64>) throws -> PackagePieces = { range in
            let source = try ObjectPieces(body, range)
            return { try await withTaskExecutorPreference(executor) { try await source.next() } }
        }
        self.init(
            size: size, entityTag: object.entityTag,
            digest: {
                var hash = SHA256()
                let all = try pieces(0..<size)
                while let piece = try await all() { hash.update(data: piece) }
                return Array(hash.finalize())
            }, pieces: pieces)
    }
}

/// The bytes of a range of an object, a piece at a time.
private final class ObjectPieces: Sendable {
    private enum Source {
        case bytes([UInt8])
        case segment(SegmentPieces)
        case ended
    }

    private let source: Mutex<Source>

    init(_ body: OriginBody, _ range: Range<UInt64>) throws {
        switch body {
        case .bytes(let bytes):
            source = Mutex(.bytes(Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])))
        case .segment(let segment): source = Mutex(.segment(try SegmentPieces(segment, range)))
        }
    }

    /// Async, so that it is done by the executor.
    func next() async throws -> [UInt8]? {
        try source.withLock { source in
            switch source {
            case .ended: return nil
            case .bytes(let bytes):
                source = .ended
                return bytes.isEmpty ? nil : bytes
            case .segment(let pieces):
                while pieces.left > 0 {
                    var piece = [UInt8](repeating: 0, count: SegmentPieces.size)
                    let count = try piece.withUnsafeMutableBytes { try pieces.next(into: $0, mayWait: true) ?? 0 }
                    if count > 0 {
                        piece.removeLast(piece.count - count)
                        return piece
                    }
                }
                source = .ended
                return nil
            }
        }
    }
}
