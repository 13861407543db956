import Adapters
import Catalog
import Foundation
import KeyServer
import Origin
import Policies

/// What a package is made of: an origin of this process, the locator that rules, and the manifests that were asked for.
struct PackageSource {
    let origin: OriginService
    private(set) var warnings: [String] = []
    private let presentation: PresentationReference
    private let formats: [StreamingFormat]
    private let encryption: DeliveryEncryption?
    /// Whether formats that the policies do not let out are left out.
    private let isDefault: Bool

    init(_ command: PackageCommand) async throws {
        isDefault = command.formats.isEmpty
        formats = try isDefault ? [.hlsCMAF, .dashCMAF] : command.formats.map(Self.format)
        encryption = try command.encryption.map(Self.encryption)
        let configuration = try await command.common.configuration()
        let installation = try await command.common.open()
        if command.keysURL == nil, configuration.keysURL == nil {
            warnings.append(
                "manifests send players for keys to http://\(configuration.listenOrigin); give --keys-url or configure "
                    + "keys.url")
        }
        let keysURL =
            try Self.keysURL(command.keysURL) ?? configuration.keysURL ?? "http://\(configuration.listenOrigin)"
        origin = OriginService(
            catalog: installation.catalog, watch: installation.watch, storage: installation.storage,
            unwrapper: installation.unwrapper, keyBaseURL: { keysURL })
        presentation = PresentationReference(
            locator: try await Self.locator(command.locator, of: command.asset, installation.catalog),
            name: command.asset)
    }

    /// The parts of each manifest.
    func parts() async throws -> [PresentationParts] {
        var parts: [PresentationParts] = []
        var refusals: [OriginError] = []
        for format in formats {
            do {
                parts.append(
                    try await origin.parts(of: .manifest(presentation, format: format, encryption: encryption)))
            } catch let error as OriginError {
                let isBlocked = [.outputFormatBlocked, .encryptionNotInPolicy, .formatCannotCarry].contains(error.code)
                guard isDefault, isBlocked else { throw CommandFailure(error) }
                refusals.append(error)
            }
        }
        if parts.isEmpty, let refusal = refusals.first { throw CommandFailure(refusal) }
        return parts
    }

    private static func format(_ word: String) throws -> StreamingFormat {
        guard let format = StreamingFormat(urlWord: word), StreamingFormat.served.contains(format) else {
            let known = StreamingFormat.served.filter { $0.container != .smooth }.compactMap(\.urlWord)
            throw CommandFailure(.badData, "there is no --format '\(word)': \(known.joined(separator: ", "))")
        }
        return format
    }

    private static func encryption(_ word: String) throws -> DeliveryEncryption {
        guard let encryption = DeliveryEncryption(urlWord: word), encryption != .none else {
            throw CommandFailure(.badData, "there is no --encryption '\(word)': cbc, cenc, cbcs-aapl")
        }
        return encryption
    }

    private static func keysURL(_ text: String?) throws -> String? {
        guard let text else { return nil }
        guard let url = URL(string: text), ["http", "https"].contains(url.scheme ?? ""), url.host?.isEmpty == false,
            url.query == nil, url.fragment == nil
        else { throw CommandFailure(.badData, "--keys-url is no http or https URL: '\(text)'") }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private static func locator(
        _ text: String?, of asset: String, _ catalog: any CatalogEngine
    ) async throws -> LocatorID {
        guard try await catalog.asset(named: asset) != nil else {
            throw CommandFailure(.noInput, "there is no asset '\(asset)'")
        }
        let now = Date()
        let open = try await catalog.locators(asset: asset).filter { $0.kind == .streaming && $0.isOpen(at: now) }
        if let text {
            guard let id = LocatorID(text), open.contains(where: { $0.id == id }) else {
                throw CommandFailure(.badData, "asset '\(asset)' has no open streaming locator '\(text)'")
            }
            return id
        }
        guard let first = open.first else {
            throw CommandFailure(
                .badData, "asset '\(asset)' is not published: 'keyway publish' makes its keys and a locator")
        }
        guard open.count == 1 else {
            throw CommandFailure(
                .badData,
                "asset '\(asset)' has several locators, give --locator: \(open.map { "\($0.id)" }.joined(separator: ", "))"
            )
        }
        return first.id
    }
}
