import Policies

/// The grammar of the origin's URLs: one parser, one printer, and each is the other's inverse, so that an object has one
/// URL and nobody can fill a cache with its aliases. Only the spelling of `manifest(…)` is free, as in the reference;
/// `isCanonical` tells whether it was the canonical one, and who serves it sends clients there.
///
/// A URL that leaves the encryption to the policies is no alias of the one that names it: the policies may change.
public struct OriginPath: Sendable, Hashable {
    public let request: OriginRequest
    /// Whether the path is the one that `print` gives.
    public let isCanonical: Bool

    /// Parses a raw (percent-encoded) path.
    ///
    /// - Throws: `OriginError` that says what of the path is wrong.
    public init(parsing path: String) throws(OriginError) {
        guard path.utf8.count <= 1024 else { throw OriginError(.badURLSyntax, "The path is longer than 1024 bytes.") }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if let file = try Self.progressive(parts) {
            request = file
            isCanonical = Self.print(file) == path
            guard isCanonical else { throw OriginError(.resourceNotFound, "The path does not name a file.") }
            return
        }
        // The first part is empty: the path starts with a slash.
        guard parts.count >= 4, parts[0].isEmpty, parts[2].hasSuffix(".ism"), let locator = LocatorID(parts[1]),
            parts[2].utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw OriginError(.resourceNotFound, "The path does not name a presentation.") }
        let presentation = PresentationReference(locator: locator, name: String(parts[2].dropLast(4)))
        if parts.count == 4 {
            let stills = try Self.stills(presentation, parts[3])
            if let stills {
                request = stills
            } else {
                request = try Self.manifest(presentation, parts[3])
            }
        } else if parts.count == 8 {
            request = try Self.trackObject(presentation, Array(parts[3...]))
        } else {
            throw OriginError(.resourceNotFound, "The path does not name an object of a presentation.")
        }
        isCanonical = Self.print(request) == path
        if case .manifest = request { return }
        guard isCanonical else {
            throw OriginError(.resourceNotFound, "The path is not spelled as the manifest has it.")
        }
    }

    /// The canonical path of a request.
    public static func print(_ request: OriginRequest) -> String {
        switch request {
        case .manifest(let presentation, let format, let encryption, let filters):
            let word = encryption.map { format.container == .smooth ? $0.smoothWord : $0.urlWord }
            let filter = filters.isEmpty ? nil : "filter=" + filters.joined(separator: ";")
            let parameters = [format.urlWord.map { "format=\($0)" }, word.map { "encryption=\($0)" }, filter]
                .compactMap { $0 }.joined(separator: ",")
            return root(presentation) + "manifest" + (parameters.isEmpty ? "" : "(\(parameters))")
        case .progressive(let presentation, let tracks): return printProgressive(presentation, tracks)
        case .sheet(let track, let number):
            return root(track.presentation) + folder(track) + "\(number).\(track.container.fileExtension)"
        case .thumbnailTrack(let presentation, let filters):
            return root(presentation) + file("thumbnails", filters, "vtt")
        case .poster(let presentation): return root(presentation) + posterFile
        case .smoothFragment(let reference, let time):
            return root(reference.presentation) + printSmooth(reference, time)
        case .mediaPlaylist(let track):
            return root(track.presentation) + folder(track) + playlist("media", track.filters)
        case .keyFramePlaylist(let track):
            return root(track.presentation) + folder(track) + playlist("iframes", track.filters)
        case .initializationSegment(let track): return root(track.presentation) + folder(track) + "init.mp4"
        case .keyFrame(let track, let time):
            return root(track.presentation) + folder(track) + "\(keyFrameFile)\(time).\(track.container.fileExtension)"
        case .segment(let track, let time):
            return root(track.presentation) + folder(track) + "\(time).\(track.container.fileExtension)"
        }
    }

    /// The folder of a track's objects, relative to its manifest.
    ///
    /// - Parameter track: what stands for the track's name; nil for the name.
    public static func folder(_ reference: TrackReference, track: String? = nil) -> String {
        "v\(reference.version)/\(treatment(reference.encryption, reference.times))/\(reference.container.rawValue)/"
            + (track ?? ([reference.track] + (reference.sound.map { [$0] } ?? [])).joined(separator: "+")) + "/"
    }

    /// The file of a playlist.
    static func playlist(_ name: String, _ filters: [String]) -> String { file(name, filters, "m3u8") }

    private static func file(_ name: String, _ filters: [String], _ ending: String) -> String {
        name + (filters.isEmpty ? "" : "(filter=\(filters.joined(separator: ";")))") + "." + ending
    }

    private static let posterFile = "poster.jpg"
    /// What the file of a key frame begins with.
    static let keyFrameFile = "iframe-"

    /// The poster, or where thumbnails are; nil for anything else.
    private static func stills(
        _ presentation: PresentationReference, _ part: String
    ) throws(OriginError) -> OriginRequest? {
        if part == posterFile { return .poster(presentation) }
        return try filters(of: part, "thumbnails", "vtt").map { .thumbnailTrack(presentation, filters: $0) }
    }

    /// The filters of a playlist's file; nil for any other file.
    private static func filters(
        of file: String, _ name: String, _ ending: String = "m3u8"
    ) throws(OriginError) -> [String]? {
        if file == "\(name).\(ending)" { return [] }
        guard file.hasPrefix(name + "(filter="), file.hasSuffix(").\(ending)") else { return nil }
        return try filters(file.dropFirst(name.utf8.count + 8).dropLast(ending.utf8.count + 2))
    }

    /// Names of filters with semicolons between them, brought in order.
    static func filters(_ text: Substring) throws(OriginError) -> [String] {
        let names = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        guard names.count <= FilterSelection.maximumCount, names.allSatisfy(PresentationFilter.isName) else {
            throw OriginError(
                .badURLSyntax,
                "filter= needs 1 to \(FilterSelection.maximumCount) names of filters with semicolons between them.")
        }
        return Set(names).sorted()
    }

    /// The path of a request relative to the folder of its presentation, as manifests have it.
    public static func relative(_ request: OriginRequest) -> String {
        String(print(request).dropFirst(root(request.presentation).utf8.count))
    }

    static func root(_ presentation: PresentationReference) -> String {
        "/\(presentation.locator)/\(presentation.name).ism/"
    }

    private static func trackObject(
        _ presentation: PresentationReference, _ parts: [String]
    ) throws(OriginError) -> OriginRequest {
        guard parts[0].first == "v", let version = Int(parts[0].dropFirst()), version > 0,
            let container = SegmentContainer(rawValue: parts[2])
        else { throw OriginError(.resourceNotFound, "The path does not name a track.") }
        if container == .smooth { return try smoothFragment(presentation, parts) }
        let names = parts[3].split(separator: "+", omittingEmptySubsequences: false).map(String.init)
        guard names.count == (container == .muxedTransportStream ? 2 : 1) else {
            throw OriginError(.resourceNotFound, "The path does not name the tracks of its container.")
        }
        guard let (encryption, times) = treatment(parts[1]) else {
            throw OriginError(.resourceNotFound, "The path does not name a track.")
        }
        var track = TrackReference(
            presentation: presentation, version: version, encryption: encryption, times: times, container: container,
            track: names[0], sound: names.count > 1 ? names[1] : nil)
        let file = parts[4]
        if let filters = try filters(of: file, "media") {
            track.filters = filters
            return .mediaPlaylist(track)
        }
        if ![.muxedTransportStream, .jpeg].contains(container), let filters = try filters(of: file, "iframes") {
            track.filters = filters
            return .keyFramePlaylist(track)
        }
        if file == "init.mp4", container == .cmaf { return .initializationSegment(track) }
        let suffix = "." + container.fileExtension
        if container == .transportStream, file.hasPrefix(keyFrameFile), file.hasSuffix(suffix),
            let time = UInt64(file.dropFirst(keyFrameFile.count).dropLast(suffix.count))
        {
            return .keyFrame(track, decodeTime: time)
        }
        if container == .jpeg, file.hasSuffix(suffix), let number = Int(file.dropLast(suffix.count)), number > 0 {
            return .sheet(track, number: number)
        }
        guard container != .jpeg, file.hasSuffix(suffix), let time = UInt64(file.dropLast(suffix.count)) else {
            throw OriginError(.resourceNotFound, "The path does not name an object of a track.")
        }
        return .segment(track, decodeTime: time)
    }
}

extension OriginPath {
    /// `manifest`, or `manifest(name=value,…)`, in any letter case, with `.m3u8` or `.mpd` after it or not.
    private static func manifest(
        _ presentation: PresentationReference, _ part: String
    ) throws(OriginError) -> OriginRequest {
        var text = (part.removingPercentEncodingOfASCII ?? part).lowercased()
        if let suffix = [".m3u8", ".mpd"].first(where: text.hasSuffix) { text = String(text.dropLast(suffix.count)) }
        guard text.hasPrefix("manifest") else {
            throw OriginError(.resourceNotFound, "The path does not name a manifest.")
        }
        let values = try parameters(String(text.dropFirst(8)))
        guard let format = StreamingFormat(urlWord: values["format"]) else {
            throw OriginError(
                .badURLSyntax, "format= is not known.", choices: StreamingFormat.choices(StreamingFormat.served))
        }
        var encryption: DeliveryEncryption?
        if let word = values["encryption"] {
            // Protected fragments of Smooth Streaming have one form, whichever name is used for it.
            let isPIFF = word == "piff" && format.container == .smooth
            guard let known = isPIFF ? .cenc : DeliveryEncryption(urlWord: word), known != .none else {
                throw OriginError(
                    .badURLSyntax, "encryption= must be one of cbc, cenc, cbcs-aapl, and piff for Smooth Streaming.")
            }
            encryption = known
        }
        let filters = try values["filter"].map { text throws(OriginError) in try Self.filters(text[...]) } ?? []
        return .manifest(presentation, format: format, encryption: encryption, filters: filters)
    }

    private static func parameters(_ text: String) throws(OriginError) -> [String: String] {
        if text.isEmpty { return [:] }
        guard text.hasPrefix("("), text.hasSuffix(")") else {
            throw OriginError(.badURLSyntax, "The manifest's parameters must stand in parentheses.")
        }
        var values: [String: String] = [:]
        for pair in text.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false) {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, ["format", "encryption", "filter"].contains(String(sides[0])),
                values.updateValue(String(sides[1]), forKey: String(sides[0])) == nil
            else {
                throw OriginError(
                    .badURLSyntax, "The manifest's parameters are format=, encryption= and filter=, each at most once.")
            }
        }
        return values
    }
}

extension String {
    /// Percent-decoded, when every escape is of printable ASCII; players escape parentheses and commas.
    fileprivate var removingPercentEncodingOfASCII: String? {
        var result: [UInt8] = []
        var bytes = Array(utf8)[...]
        while let byte = bytes.popFirst() {
            guard byte == 0x25 else {
                result.append(byte)
                continue
            }
            guard bytes.count >= 2, let value = UInt8(String(decoding: bytes.prefix(2), as: UTF8.self), radix: 16),
                (0x20...0x7E).contains(value)
            else { return nil }
            result.append(value)
            bytes = bytes.dropFirst(2)
        }
        return String(decoding: result, as: UTF8.self)
    }
}
