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
        var inventory = Inventory(version: parts.first?.version ?? 0, manifests: [], fileCount: 0, byteCount: 0)
        for presentation in parts {
            guard case .manifest(_, let format, _, _) = presentation.manifest else { continue }
            let file = format.manifestFile
            inventory.byteCount += try await document(presentation.manifest, file, destination)
            inventory.fileCount += 1
            inventory.manifests.append(
                Inventory.Manifest(format: format, encryption: presentation.encryption, file: file))
        }
        for request in Self.eachOnce(parts.flatMap(\.documents)) {
            inventory.byteCount += try await document(request, OriginPath.relative(request), destination)
            inventory.fileCount += 1
        }
        let segments = Self.eachOnce(parts.flatMap(\.segments))
        inventory.fileCount += segments.count
        inventory.byteCount += try await write(segments, destination, onProgress)
        return inventory
    }

    private static func eachOnce(_ requests: [OriginRequest]) -> [OriginRequest] {
        var seen: Set<String> = []
        return requests.filter { seen.insert(OriginPath.print($0)).inserted }
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

extension StreamingFormat {
    /// The name of its manifest in a package.
    var manifestFile: String {
        switch self {
        case .dashCMAF: "manifest.mpd"
        case .dashCSF: "manifest-csf.mpd"
        case .hlsCMAF: "master.m3u8"
        case .hlsTransportStream: "master-ts.m3u8"
        case .hlsTransportStreamMuxed: "master-v3.m3u8"
        case .smooth, .smoothWithoutRepeats: "manifest.ism"
        }
    }
}
