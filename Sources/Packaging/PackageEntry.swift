public import Origin

/// One file of a package, and what the origin is asked for it.
public struct PackageEntry: Sendable, Hashable {
    public var request: OriginRequest
    /// Relative to the package.
    public var path: String
    /// Whether it is media or text, and not a manifest, a playlist or an init segment.
    public var isSegment: Bool

    /// Each file of a package once: manifests, documents, segments.
    public static func all(of parts: [PresentationParts]) -> [PackageEntry] {
        let tops = parts.compactMap { part in
            file(of: part).map { PackageEntry(request: part.manifest, path: $0, isSegment: false) }
        }
        let documents = eachOnce(parts.flatMap(\.documents)).map {
            PackageEntry(request: $0, path: OriginPath.relative($0), isSegment: false)
        }
        let segments = eachOnce(parts.flatMap(\.segments)).map {
            PackageEntry(request: $0, path: OriginPath.relative($0), isSegment: true)
        }
        return tops + documents + segments
    }

    /// The manifests at the top.
    public static func manifests(of parts: [PresentationParts]) -> [Packager.Inventory.Manifest] {
        parts.compactMap { part in
            guard case .manifest(_, let format, _, _) = part.manifest else { return nil }
            return Packager.Inventory.Manifest(
                format: format, encryption: part.encryption, file: format.manifestFile)
        }
    }

    private static func file(of part: PresentationParts) -> String? {
        guard case .manifest(_, let format, _, _) = part.manifest else { return nil }
        return format.manifestFile
    }

    private static func eachOnce(_ requests: [OriginRequest]) -> [OriginRequest] {
        var seen: Set<String> = []
        return requests.filter { seen.insert(OriginPath.print($0)).inserted }
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
