import Administration
import AzureImport
import EncoderProtocol
import Foundation
import KeyServer
import MediaModel

/// The files that a server manifest lists beside it, with what it and its client manifest say of their tracks.
struct ManifestSet {
    private let url: URL
    /// As whoever gave it calls it.
    private let name: String

    /// Of a server manifest, in bytes.
    private static let longest = 1 << 20

    init(_ url: URL, named name: String) {
        self.url = url
        self.name = name
    }

    /// - Parameter notes: gets what an operator should know.
    /// - Throws: `CommandFailure` for a manifest that is none, or a file that is not there; text may be missing.
    func inputs(_ notes: inout [String]) throws -> [UploadInput] {
        var manifest = try serverManifest()
        var said = manifest.notes.map { "\(url.lastPathComponent):\($0)" }
        if let client = manifest.clientManifest { said += complete(&manifest, from: client) }
        var inputs: [UploadInput] = []
        for source in manifest.sources {
            let path = url.deletingLastPathComponent().appendingPathComponent(source.file).path
            let isText = source.tracks.allSatisfy { $0.kind == .text }
            if isText, let reason = Self.reasonToLeaveOut(path) {
                said.append("\(url.lastPathComponent): '\(source.file)' is listed as text and \(reason): left out")
                continue
            }
            try AssetUpload.checkReadable(path)
            try checkItLiesHere(path, source.file)
            inputs.append(try AssetUpload.input(path, tracks: source.tracks.map(UploadedTrack.init)))
        }
        notes += said.map(Terminal.clean)
        return inputs
    }

    /// Nil for text that may be opened.
    private static func reasonToLeaveOut(_ path: String) -> String? {
        guard FileManager.default.isReadableFile(atPath: path) else { return "cannot be read" }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard attributes?[.type] as? FileAttributeType == .typeRegular else { return "is no file" }
        return (attributes?[.size] as? Int ?? 0) > 0 ? nil : "is empty"
    }

    /// A set is delivered by somebody else: a link in it would make any film of this machine a part of it.
    private func checkItLiesHere(_ path: String, _ file: String) throws {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard attributes?[.type] as? FileAttributeType == .typeRegular else {
            throw CommandFailure(
                .badData,
                "\(name) lists '\(Terminal.clean(file))', which is a link or no file: put the file itself beside the manifest"
            )
        }
    }

    private func serverManifest() throws -> ServerManifest {
        let bytes: [UInt8]
        do {
            bytes = try BoundedFile.bytes(url.path, limit: Self.longest)
        } catch {
            throw CommandFailure(error.cause == .tooLarge ? .badData : .noInput, "'\(name)' \(error.reason)")
        }
        do {
            return try ServerManifest(bytes)
        } catch {
            throw CommandFailure(.badData, "\(name):\(error)")
        }
    }

    /// A client manifest only says more: what is wrong with it is no reason to refuse the set.
    private func complete(_ manifest: inout ServerManifest, from client: String) -> [String] {
        let path = url.deletingLastPathComponent().appendingPathComponent(client).path
        do {
            let read = try ClientManifest(try BoundedFile.bytes(path, limit: ClientManifest.longest))
            return manifest.complete(from: read).map { "\(client):\($0)" }
        } catch let error as BoundedFileError {
            return ["\(url.lastPathComponent): its client manifest '\(client)' \(error.reason): done without"]
        } catch {
            return ["\(client):\(error): done without"]
        }
    }
}

extension UploadedTrack {
    fileprivate init(_ track: ListedTrack) {
        let choice: Choice =
            switch track.kind {
            case .video: track.id.map { .id($0) } ?? .firstVideo
            case .audio: track.id.map { .id($0) } ?? .firstAudio
            case .text: track.id.map { .text(id: $0) } ?? .firstText
            }
        self.init(choice, language: track.language, label: track.label, role: track.role.map(Role.init))
    }
}

extension UploadedTrack.Role {
    fileprivate init(_ role: ListedTrack.Role) {
        switch role {
        case .text(.subtitle): self = .subtitle
        case .text(.caption): self = .caption
        case .text(.forced): self = .forced
        case .audio(.commentary): self = .commentary
        case .audio(.description): self = .description
        }
    }
}
