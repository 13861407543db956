import AdminClient
import Administration
import Catalog
import Foundation
import Jobs
import KeyServer
import Origin
import Packaging

/// Writes the version that a job made and published as files for plain storage, with the code of `keyway package`. Done again
/// after a crash it comes to the same: a folder that is there is whole, and files below a SAS URL are passed over.
struct PackageStep: Sendable {
    typealias SecretReading = @Sendable (_ name: String) async throws -> String?

    let desk: PackageDesk
    let destination: PackageDestinationRule
    /// The text of a secret; nil when there is none.
    let secret: SecretReading

    /// - Throws: `JobFailure`, `CatalogError`.
    func run(_ input: StepInput) async throws -> TaskOutcome {
        guard let wanted = input.task.options.package else {
            throw JobFailure(.notConfigured, "task '\(input.task.name)' does not say what to write")
        }
        guard let locator = input.results.values.compactMap({ $0["locator"] }).first else {
            throw JobFailure(.notConfigured, "the job's publish task made no locator: give it 'deliveryPolicies'")
        }
        let request = PackageRequest(
            asset: input.version.asset, formats: (wanted.formats ?? []).map(\.rawValue),
            encryption: wanted.encryption?.rawValue, locator: locator, keysURL: wanted.keysURL)
        let place = TaskPackage.place(asset: input.version.asset, version: input.version.number)
        do {
            let result =
                if let folder = wanted.folder {
                    try await write(request, to: path(folder, place), input.version)
                } else {
                    try await put(request, below: wanted.sas ?? "", as: place + "/", input.version)
                }
            return TaskOutcome(result: result, changes: [.audit(Self.event(input, locator))])
        } catch let error as OperatorError {
            throw JobFailure(error)
        } catch let failure as CommandFailure {
            // Files that a store has taken and does not give out yet, or what is made on the way to it.
            throw JobFailure(.packageRefused, failure.message, as: failure.code == .tryLater ? .away : .storage)
        } catch let error as PackagingError {
            throw JobFailure(error.code == .inputOutput ? .storageFailed : .packageRefused, error.reason)
        } catch let error as OriginError {
            throw JobFailure(.packageRefused, "\(error)", as: error.passingClass)
        }
    }

    /// The package's place on the disk. What lies above it is followed as far as it is there.
    private func path(_ folder: String, _ place: String) throws -> String {
        let url = URL(fileURLWithPath: folder + "/" + place)
        return try destination.path(url.deletingLastPathComponent().path) + "/" + url.lastPathComponent
    }

    /// - Returns: the task's result.
    private func write(
        _ request: PackageRequest, to path: String, _ version: AssetVersionRecord
    ) async throws -> [String: String] {
        if try Self.isTaken(path) { return try await accept(request, path, version) }
        try Self.makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent())
        // First: removing what an earlier attempt left may take minutes, and the version that is served may be another one then.
        let folder = try PackageFolder(path: path)
        return try await desk.select(request) { selection in
            try Self.require(version, selection.parts.first?.version)
            // Half of the machine: others are served meanwhile.
            let packager = Packager(
                origin: desk.origin, concurrency: max(1, ProcessInfo.processInfo.activeProcessorCount / 2))
            let inventory = try await packager.write(selection.parts, to: folder) { _, _ in }
            return Self.result(path, inventory.fileCount, inventory.byteCount, selection.warnings)
        }
    }

    private static func makeFolder(_ url: URL) throws {
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw JobFailure(
                .packageRefused,
                "the folder '\(url.path)' cannot be made: \(SystemReason.text(error)); see that the server may write there, then "
                    + "'keyway job retry' goes on")
        }
    }

    /// A folder gets its name when all of it is there: this task was ended behind that, or the folder is somebody else's.
    private func accept(
        _ request: PackageRequest, _ path: String, _ version: AssetVersionRecord
    ) async throws -> [String: String] {
        let listing = try await desk.listing(request)
        try Self.require(version, listing.version)
        let transfer = PackageTransfer(supply: desk, listing: listing, keysURL: request.keysURL)
        guard try await transfer.isWhole(in: path) else {
            throw JobFailure(
                .packageRefused, "'\(path)' holds something else: remove it, then 'keyway job retry' goes on")
        }
        return Self.result(path, listing)
    }

    private func put(
        _ request: PackageRequest, below secretName: String, as prefix: String, _ version: AssetVersionRecord
    ) async throws -> [String: String] {
        guard let text = try await secret(secretName) else {
            throw JobFailure(
                .notConfigured,
                "there is no secret '\(secretName)': 'keyway secret set \(secretName)' takes the SAS URL")
        }
        let address = try SASAddress(text)
        let listing = try await desk.listing(request)
        try Self.require(version, listing.version)
        let client = SASClient(address)
        do {
            let transfer = PackageTransfer(supply: desk, listing: listing, keysURL: request.keysURL, prefix: prefix)
            let written = try await transfer.write(to: client) { _, _ in }
            await client.shutDown()
            guard written.isSeen else {
                return Self.result("\(address)/\(prefix.dropLast())", listing, Self.unseen)
            }
        } catch {
            await client.shutDown()
            throw error
        }
        return Self.result("\(address)/\(prefix.dropLast())", listing)
    }

    /// What is served is what the job made.
    private static func require(_ version: AssetVersionRecord, _ served: Int?) throws {
        guard let served, served != version.number else { return }
        throw JobFailure(
            .packageRefused,
            "asset '\(version.asset)' is served at version \(served), and the job made version \(version.number)")
    }

    private static func isTaken(_ path: String) throws -> Bool {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return false }
        guard isFolder.boolValue, let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw JobFailure(
                .packageRefused, "'\(path)' is no folder that can be read: remove it, then 'keyway job retry' goes on")
        }
        return !names.isEmpty
    }

    private static let unseen = [
        "all files were put; the URL does not allow reading, so it is unknown whether checks let them out"
    ]

    private static func result(
        _ place: String, _ listing: ListPackage.Report, _ more: [String] = []
    ) -> [String: String] {
        let bytes = listing.objects.reduce(UInt64(0)) { $0 &+ $1.size }
        return result(place, listing.objects.count, bytes, listing.warnings + more)
    }

    private static func result(
        _ place: String, _ files: Int, _ bytes: UInt64, _ warnings: [String]
    ) -> [String: String] {
        var result = ["place": place, "files": "\(files)", "bytes": "\(bytes)"]
        if !warnings.isEmpty { result["warning"] = warnings.joined(separator: "; ") }
        return result
    }

    private static func event(_ input: StepInput, _ locator: String) -> AuditEvent {
        var event = AuditEvent(time: Date(), action: .assetPackaged)
        event.actor = "worker"
        event.detail =
            "\(input.version.asset): version \(input.version.number), locator \(locator), job \(input.job.id)"
        return event
    }
}

extension JobFailure {
    /// What a package was refused for.
    fileprivate init(_ error: OperatorError) {
        let mayPass = [.unavailable, .limited, .failed].contains(error.code)
        self.init(.packageRefused, error.message, as: mayPass ? .network : nil)
    }
}
