public import Origin
public import Policies

/// Writes presentations as files, byte for byte what the origin answers: for those who deliver from plain storage.
///
/// A package has one manifest for each format at its top, and below it the folders that manifests name. Formats with the
/// same segments share them.
public struct Packager: Sendable {
    private let origin: OriginService
    private let concurrency: Int

    /// - Parameter concurrency: how many batches of segments are made at once.
    public init(origin: OriginService, concurrency: Int) {
        self.origin = origin
        self.concurrency = max(1, concurrency)
    }

    /// What a package holds.
    public struct Inventory: Sendable, Hashable {
        /// A manifest, and how what it names is protected.
        public struct Manifest: Sendable, Hashable {
            public var format: StreamingFormat
            public var encryption: DeliveryEncryption
            /// Relative to the package.
            public var file: String
        }

        public var version: Int
        public var manifests: [Manifest]
        public var fileCount: Int
        /// Of all files together.
        public var byteCount: UInt64
    }

    /// Writes the presentations of some manifests of one asset.
    ///
    /// - Parameters:
    ///   - parts: of each manifest, as `OriginService.parts` gives them.
    ///   - onProgress: is told how many of how many segments are written.
    /// - Throws: `OriginError`, `PackagingError`; the destination then holds nothing.
    public func write(
        _ parts: [PresentationParts], to destination: any PackageDestination,
        onProgress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws -> Inventory {
        do {
            let inventory = try await writeAll(parts, destination, onProgress)
            try destination.commit()
            return inventory
        } catch {
            destination.discard()
            throw error
        }
    }

    private func writeAll(
        _ parts: [PresentationParts], _ destination: any PackageDestination,
        _ onProgress: @escaping @Sendable (Int, Int) -> Void
    ) async throws -> Inventory {
        let entries = PackageEntry.all(of: parts)
        var inventory = Inventory(
            version: parts.first?.version ?? 0, manifests: PackageEntry.manifests(of: parts), fileCount: entries.count,
            byteCount: 0)
        for entry in entries where !entry.isSegment {
            inventory.byteCount += try await document(entry.request, entry.path, destination)
        }
        inventory.byteCount += try await write(
            entries.filter(\.isSegment).map(\.request), destination, onProgress)
        return inventory
    }

    private func document(
        _ request: OriginRequest, _ path: String, _ destination: any PackageDestination
    ) async throws -> UInt64 {
        let object = try await origin.object(for: request)
        guard case .bytes(let bytes) = object.body, UInt64(bytes.count) == object.size else {
            throw PackagingError(.wrongSize, "'\(path)' is not what was planned")
        }
        let file = try destination.create(path)
        try bytes.withUnsafeBytes { try file.append($0) }
        try file.close()
        return object.size
    }

    /// - Returns: how many bytes they have.
    private func write(
        _ segments: [OriginRequest], _ destination: any PackageDestination,
        _ onProgress: @escaping @Sendable (Int, Int) -> Void
    ) async throws -> UInt64 {
        var batches = SegmentBatch.batches(of: segments)[...]
        return try await withThrowingTaskGroup(of: (count: Int, bytes: UInt64).self) { group in
            func start(_ batch: ArraySlice<OriginRequest>) {
                group.addTask { try await SegmentBatch(origin: origin, destination: destination).write(Array(batch)) }
            }
            for _ in 0..<concurrency { if let batch = batches.popFirst() { start(batch) } }
            var (done, bytes) = (0, UInt64(0))
            while let written = try await group.next() {
                done += written.count
                bytes += written.bytes
                onProgress(done, segments.count)
                if let batch = batches.popFirst() { start(batch) }
            }
            return bytes
        }
    }
}
