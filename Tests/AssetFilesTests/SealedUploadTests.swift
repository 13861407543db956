import Catalog
import ContentKeys
import Cryptography
import Foundation
import KeyWrapping
import MediaStorage
import Policies
import Synchronization
import Testing

@testable import AssetFiles

/// Files that their senders encrypted are stored as they came, under keys that open for nothing else.
@Suite struct SealedUploadTests {
    /// What a sender has: a file, its key and what it sends.
    private struct Sender {
        let content: [UInt8]
        let key = ContentKey.random(.storage)
        var upload: SealedUpload

        init(_ lengths: [Int] = [300_000]) throws {
            content = (0..<lengths.reduce(0, +)).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) }
            upload = SealedUpload(
                asset: "film", name: "a.mov", digest: try SHA256.digest(content), lengths: lengths.map(UInt64.init))
        }

        /// What is sent of each upload.
        func sent() throws -> [[UInt8]] {
            var start = 0
            return try upload.lengths.enumerated().map { number, length in
                var bytes = Array(content[start..<start + Int(length)])
                start += Int(length)
                let cipher = try StorageCipher(key: key, nonce: UInt64(number))
                try bytes.withUnsafeMutableBytes { try cipher.apply(to: $0, at: 0) }
                return bytes
            }
        }

        func request(_ depot: Depot, sealed: SealedUpload? = nil) async throws -> UploadRequest {
            UploadRequest(
                asset: upload.asset, role: .whole(name: upload.name), length: upload.lengths[0], digest: upload.digest,
                isSealed: true, sealedKey: try (sealed ?? upload).seal(key, to: try await depot.keys.publicKey()))
        }
    }

    private static func bytes(_ numbers: Range<UInt8>) throws -> ContentKey {
        try #require(Array(numbers).withUnsafeBytes { ContentKey(.storage, copying: $0) })
    }

    private func read(_ file: AssetFileRecord, _ uploads: UploadService) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        let reader = try await uploads.assets.open(file)
        try reader.append(0..<reader.size, to: &bytes)
        return bytes
    }

    private func stored(_ part: OriginalPart, _ depot: Depot) throws -> [UInt8] {
        let reader = try depot.storage.open(part.file)
        var bytes: [UInt8] = []
        try reader.append(0..<reader.size, to: &bytes)
        return bytes
    }

    /// Of the file that arrives.
    private func key(_ depot: Depot) async throws -> KeyID {
        try #require(try await depot.catalog.assetFile(asset: "film", name: "a.mov")?.storageKey)
    }

    /// What Tests/Delivery/sealed_upload.py gives for these values, by the steps of RFC 9180 and with nothing of ours.
    @Test func aKeyThatAnotherProgramSealedOpens() throws {
        let upload = SealedUpload(
            asset: "film", name: "a.mov", digest: [UInt8](repeating: 0xAA, count: 32), lengths: [3, 1 << 32 + 5])
        let info =
            "6b65797761792075706c6f6164203100" + "000466696c6d" + "0005612e6d6f76" + "0020"
            + String(repeating: "aa", count: 32) + "00000002" + "0000000000000003" + "0000000100000005"
        #expect(Array(upload.info).hexDigits == info)
        let sealed = try #require(
            [UInt8](
                hexDigits: "79a631eede1bf9c98f12032cdeadd0e7a079398fc786b88cc846ec89af85a51a"
                    + "a924f3bde8472e071be1c3e93ec359037d4fdb08d2ffba59922c3d88b6fd7a96fe510c950b241fb8392bd905176aa630"
            ))
        #expect(sealed.count == SealedUpload.sealedKeyLength)
        let opened = [UInt8](0..<32).withUnsafeBytes { upload.open(sealed, with: $0) }
        #expect(try opened == Self.bytes(128..<160))
    }

    @Test func aSealedKeyOpensForItsUploadAlone() async throws {
        let depot = try Depot()
        let upload = SealedUpload(asset: "film", name: "a.mov", digest: Array(0..<32), lengths: [7, 9])
        let key = ContentKey.random(.storage)
        let sealed = try upload.seal(key, to: try await depot.keys.publicKey())
        func open(_ sealed: [UInt8], of upload: SealedUpload, with first: UInt8 = 0) -> ContentKey? {
            (first..<first + 32).map { $0 }.withUnsafeBytes { upload.open(sealed, with: $0) }
        }
        #expect(open(sealed, of: upload) == key)
        #expect(open(sealed, of: upload, with: 1) == nil)
        var others = [SealedUpload](repeating: upload, count: 6)
        others[0].asset = "fil"
        others[1].name = "b.mov"
        others[2].digest[31] ^= 1
        others[3].lengths = [9, 7]
        others[4].lengths = [16]
        (others[5].asset, others[5].name) = ("filma", ".mov")
        for other in others { #expect(open(sealed, of: other) == nil, "\(other)") }
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 0x10
            #expect(open(changed, of: upload) == nil)
        }
        #expect(open(Array(sealed.dropLast()), of: upload) == nil)
        #expect(open(sealed + [0], of: upload) == nil)
        #expect(open([], of: upload) == nil)
        // A point of small order gives the same secret to everybody.
        #expect(open([UInt8](repeating: 0, count: 32) + sealed.dropFirst(32), of: upload) == nil)
        #expect(throws: (any Error).self) { try upload.seal(key, to: [1, 2, 3]) }
    }

    @Test func whatCameIsWhatIsStored() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let (uploads, sender) = (depot.uploads(UploadSettings(isEncrypted: false)), try Sender())
        let sent = try sender.sent()[0]
        let upload = try await uploads.create(try await sender.request(depot), actor: nil)
        let begun = try await uploads.append(to: upload.id, at: 0, Depot.body(Array(sent[..<70_001])))
        #expect(begun.offset == 70_001)
        let ended = try await uploads.append(to: upload.id, at: 70_001, Depot.body(Array(sent[70_001...])))
        #expect(ended.isComplete && ended.parts.count == 1)
        let arrived = try #require(try await depot.catalog.assetFile(asset: "film", name: "a.mov"))
        let file = try #require(try await uploads.ingestWhenFree(arrived.id))
        #expect(file.state == .ready)
        #expect(try stored(file.parts[0], depot) == sent)
        #expect(try await read(file, uploads) == sender.content)
        let asset = try #require(try await depot.catalog.asset(named: "film"))
        let keyID = try #require(file.storageKey)
        #expect(keyID != asset.storageKey)
        let record = try #require(try await depot.catalog.contentKey(keyID))
        #expect(try await depot.unwrapper.unwrap(record.wrapped, for: .storage) == sender.key)
        #expect(try await uploads.assets.verify(asset).damage.isEmpty)
        #expect(try await depot.catalog.keyUses(keyID).storageOf == "film")

        // A bit that flips on the disk is found by the tags, as everywhere.
        let path = "\(depot.folder)/media/originals/\(file.parts[0].id)"
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        try handle.seek(toOffset: 5000)
        try handle.write(contentsOf: Data([sent[5000] ^ 1]))
        try handle.close()
        #expect(try await uploads.assets.verify(asset).damage.map(\.name) == ["a.mov"])

        // A key that does not open is told of its file; one whose file is deleted meanwhile is told of nothing.
        let failing = FailingUnwrapper()
        let assets = StoredAssets(catalog: depot.catalog, storage: depot.storage, unwrapper: failing)
        let unread = try await assets.verify(asset).damage
        #expect(unread.map(\.name) == ["a.mov"] && unread.map(\.damage.file) == [file.parts[0].id])
        #expect(unread.first?.damage.reason.contains("storage key") == true)
        failing.before { [depot] key in
            if key == keyID { try await depot.catalog.apply([.deleteAssetFile(file.id)]) }
        }
        #expect(try await assets.verify(asset).damage.isEmpty)
        #expect(try await depot.catalog.contentKey(keyID) == nil)
        #expect(try await depot.catalog.contentKey(asset.storageKey) != nil)
    }

    @Test func severalUploadsAreOneFile() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let (uploads, sender) = (depot.uploads(), try Sender([100_001, 0, 5, 70_000]))
        var partials: [UploadID] = []
        for (bytes, length) in zip(try sender.sent(), sender.upload.lengths) {
            let upload = try await uploads.create(
                UploadRequest(asset: "film", role: .partial, length: length, isSealed: true), actor: nil)
            if length > 0 { _ = try await uploads.append(to: upload.id, at: 0, Depot.body(bytes)) }
            partials.append(upload.id)
        }
        let key = try sender.upload.seal(sender.key, to: try await depot.keys.publicKey())
        func final(_ partials: [UploadID], isSealed: Bool = true) async throws -> UploadRecord {
            try await uploads.create(
                UploadRequest(
                    asset: "film", role: .final(name: "a.mov", of: partials), length: 0, digest: sender.upload.digest,
                    isSealed: isSealed, sealedKey: isSealed ? key : nil), actor: nil)
        }
        // In another order they are not what the key was sealed for; and nobody stores them as they lie.
        for refused in [Array(partials.reversed()), Array(partials.dropLast())] {
            let error = await #expect(throws: AssetFileError.self) { try await final(refused) }
            #expect(error?.code == .malformed)
        }
        await #expect(throws: AssetFileError.self) { try await final(partials, isSealed: false) }
        #expect(try await depot.catalog.assetFiles(asset: "film").isEmpty)

        _ = try await final(partials)
        let arrived = try #require(try await depot.catalog.assetFile(asset: "film", name: "a.mov"))
        let file = try #require(try await uploads.ingestWhenFree(arrived.id))
        #expect(file.state == .ready && file.parts.map(\.nonce) == [0, 2, 3])
        #expect(try await read(file, uploads) == sender.content)
        // With the asset goes every key that anything of it was stored under.
        let keyID = try #require(file.storageKey)
        try await depot.catalog.apply([.deleteAsset(name: "film")])
        #expect(try await depot.catalog.contentKey(keyID) == nil)
    }

    @Test func aKeyOfAnotherUploadIsRefusedAndLeavesNothing() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let (uploads, sender) = (depot.uploads(), try Sender())
        var other = sender.upload
        other.name = "b.mov"
        var requests = [try await sender.request(depot, sealed: other)]
        requests.append(try await sender.request(depot))
        requests[1].length -= 1
        requests.append(try await sender.request(depot))
        requests[2].digest?[0] ^= 1
        requests.append(try await sender.request(depot))
        requests[3].sealedKey?[40] ^= 1
        requests.append(try await sender.request(depot))
        requests[4].digest = nil
        requests.append(try await sender.request(depot))
        requests[5].sealedKey = nil
        requests.append(try await sender.request(depot))
        requests[6].isSealed = false
        requests.append(try await sender.request(depot))
        requests[7].isEncrypted = false
        for request in requests {
            let error = await #expect(throws: AssetFileError.self) { try await uploads.create(request, actor: nil) }
            #expect(error?.code == .malformed)
        }
        #expect(try await depot.catalog.assetFiles(asset: "film").isEmpty)
        #expect(try await depot.catalog.uploadedBytes() == 0)
    }

    @Test(arguments: [0, 150_000, 299_999])
    func aBitThatFlipsOnTheWayIsFound(place: Int) async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let (uploads, sender) = (depot.uploads(), try Sender())
        let upload = try await uploads.create(try await sender.request(depot), actor: nil)
        var sent = try sender.sent()[0]
        sent[place] ^= 0x80
        _ = try await uploads.append(to: upload.id, at: 0, Depot.body(sent))
        let arrived = try #require(try await depot.catalog.assetFile(asset: "film", name: "a.mov"))
        let file = try #require(try await uploads.ingestWhenFree(arrived.id))
        #expect(file.state == .quarantine && file.reason?.contains("SHA-256") == true)
        await #expect(throws: AssetFileError.self) { _ = try await uploads.assets.open(file) }
    }

    /// The sender encrypts the same bytes for the same places: nothing changes its nonce, or nothing would open.
    @Test func itGoesOnInTheSamePartWhateverWasCutOff() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let (uploads, sender) = (depot.uploads(), try Sender())
        let sent = try sender.sent()[0]
        let upload = try await uploads.create(try await sender.request(depot), actor: nil)
        var cut = try await uploads.append(to: upload.id, at: 0, Depot.body(Array(sent[..<100_000])))
        // Somebody died after writing and before saying so, and what he wrote was not what was sent.
        let part = try #require(cut.parts.last)
        cut.isWriting = true
        try await depot.catalog.apply([.updateUpload(cut)])
        let writer = try depot.storage.append(toOriginal: part.id, in: nil)
        try [UInt8](repeating: 7, count: 1000).withUnsafeBytes { try writer.append($0) }
        try writer.close()
        let later = depot.uploads()
        #expect(try await later.upload(upload.id).offset == 100_000)
        let wrong = try #require(UploadChecksum("sha256 " + Data(count: 32).base64EncodedString()))
        await #expect(throws: AssetFileError.self) {
            try await later.append(to: upload.id, at: 100_000, Depot.body([1, 2, 3]), checksum: wrong)
        }
        let ended = try await later.append(to: upload.id, at: 100_000, Depot.body(Array(sent[100_000...])))
        #expect(ended.isComplete && ended.parts.map(\.id) == [part.id])
        let arrived = try #require(try await depot.catalog.assetFile(asset: "film", name: "a.mov"))
        let file = try #require(try await later.ingestWhenFree(arrived.id))
        #expect(file.state == .ready)
        #expect(try await read(file, later) == sender.content)
    }

    @Test func theKeyOfAnUploadThatIsEndedGoesWithIt() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let (uploads, sender) = (depot.uploads(UploadSettings(expiry: 60)), try Sender())
        let first = try await uploads.create(try await sender.request(depot), actor: nil)
        let firstKey = try await key(depot)
        try await uploads.terminate(first.id)
        _ = try await uploads.create(try await sender.request(depot), actor: nil)
        let secondKey = try await key(depot)
        depot.pass(61)
        try await uploads.removeExpired()
        for keyID in [firstKey, secondKey] { #expect(try await depot.catalog.contentKey(keyID) == nil) }
        #expect(firstKey != secondKey)
    }

    /// A program that knows nothing of it encrypts what comes under the key that the upload names. Under the file's own key, from
    /// the same place of the key stream, that would be the content.
    @Test func noUploadNamesTheKeyThatItsBytesAreUnderAlready() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let (uploads, sender) = (depot.uploads(), try Sender())
        let upload = try await uploads.create(try await sender.request(depot), actor: nil)
        #expect(upload.storageKey == nil)
        var older = upload
        older.isSealed = nil
        try await depot.catalog.apply([.updateUpload(older)])
        let sent = try sender.sent()[0]
        _ = try await uploads.append(to: upload.id, at: 0, Depot.body(sent))
        let arrived = try #require(try await depot.catalog.assetFile(asset: "film", name: "a.mov"))
        #expect(try stored(arrived.parts[0], depot) == sent)
        let file = try #require(try await uploads.ingestWhenFree(arrived.id))
        #expect(file.state == .ready)
        #expect(try await read(file, uploads) == sender.content)

        let part = try await uploads.create(
            UploadRequest(asset: "film", role: .partial, length: 5, isSealed: true), actor: nil)
        #expect(part.storageKey == nil)
        _ = try await uploads.append(to: part.id, at: 0, Depot.body([1, 2, 3, 4, 5]))
        var joined = sender.upload
        (joined.name, joined.lengths) = ("b.mov", [5])
        let final = try await uploads.create(
            UploadRequest(
                asset: "film", role: .final(name: "b.mov", of: [part.id]), length: 0, digest: joined.digest,
                isSealed: true, sealedKey: try joined.seal(sender.key, to: try await depot.keys.publicKey())),
            actor: nil)
        #expect(final.storageKey == nil)
        #expect(try await depot.catalog.assetFile(asset: "film", name: "b.mov")?.storageKey != nil)
    }

    /// Who kept what went over the wire brings nothing back that was deleted.
    @Test func aSealedKeyIsTakenOnce() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let (uploads, sender) = (depot.uploads(), try Sender())
        let request = try await sender.request(depot)
        // What was refused used nothing up.
        let small = depot.uploads(UploadSettings(quota: 5))
        let refused = await #expect(throws: AssetFileError.self) { try await small.create(request, actor: nil) }
        #expect(refused?.code == .quotaExceeded)
        let upload = try await uploads.create(request, actor: nil)
        // Asked for again, since the answer was lost: it exists, which is what matters.
        let again = await #expect(throws: CatalogError.self) { try await uploads.create(request, actor: nil) }
        #expect(again?.code == .exists)
        _ = try await uploads.append(to: upload.id, at: 0, Depot.body(try sender.sent()[0]))
        let file = try #require(try await depot.catalog.assetFile(asset: "film", name: "a.mov"))
        try await depot.catalog.apply([.deleteAssetFile(file.id)])
        let replayed = await #expect(throws: CatalogError.self) { try await uploads.create(request, actor: nil) }
        #expect(replayed?.code == .conflict)
        // The bit of an X25519 key that counts for nothing (RFC 7748, 5) makes no other key of it.
        var twisted = request
        twisted.sealedKey?[31] ^= 0x80
        await #expect(throws: AssetFileError.self) { try await uploads.create(twisted, actor: nil) }
        #expect(try await depot.catalog.assetFiles(asset: "film").isEmpty)
        _ = try await uploads.create(try await sender.request(depot), actor: nil)
    }

    @Test func aSecretThatIsNotAtHandIsNoWrongKey() async throws {
        let depot = try Depot()
        let (upload, sealed) = (try Sender().upload, try await Sender().request(depot).sealedKey ?? [])
        func keys(_ withSecret: @escaping @Sendable ((UnsafeRawBufferPointer) -> Void) throws -> Bool) -> UploadKeys {
            UploadKeys(wrap: { _, _, _ in throw AssetFileError(.damaged, "") }, prepare: {}, withSecret: withSecret)
        }
        func failures(_ keys: UploadKeys) async -> [AssetFileError?] {
            [
                await #expect(throws: AssetFileError.self) { try await keys.publicKey() },
                await #expect(throws: AssetFileError.self) {
                    _ = try await keys.takeOver(sealed, of: upload, at: depot.now)
                },
            ]
        }
        let away = await failures(keys { _ in throw AssetFileError(.unavailable, "the KEK is away") })
        #expect(away.map(\.?.code) == [.unavailable, .unavailable])
        let short = await failures(
            keys {
                [UInt8](0..<31).withUnsafeBytes($0)
                return true
            })
        #expect(short.map(\.?.code) == [.damaged, .damaged])
        #expect(short.allSatisfy { $0?.reason.contains("delete it") == true })
        let none = await failures(keys { _ in false })
        #expect(none.map(\.?.code) == [.busy, .malformed])
        let other = await #expect(throws: AssetFileError.self) {
            let keys = keys {
                [UInt8](1..<33).withUnsafeBytes($0)
                return true
            }
            _ = try await keys.takeOver(sealed, of: upload, at: depot.now)
        }
        #expect(other?.code == .malformed)
        for error in away + none + [other] { #expect(error?.reason.contains("delete it") == false) }
    }

    /// Its bytes are in no backup.
    @Test func aRestoredCatalogKnowsNoKeyOfWhatWasArriving() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let (uploads, sender) = (depot.uploads(), try Sender())
        _ = try await uploads.create(try await sender.request(depot), actor: nil)
        let keyID = try await key(depot)
        #expect(try await depot.catalog.contentKey(keyID) != nil)
        let catalog = try #require(depot.catalog as? any RestorableCatalog)
        try await catalog.restore(
            RestoredBackup(id: "b", taken: depot.now, actor: nil), accounts: [], at: depot.now.addingTimeInterval(60))
        #expect(try await depot.catalog.contentKey(keyID) == nil)
        let asset = try #require(try await depot.catalog.asset(named: "film"))
        #expect(try await depot.catalog.contentKey(asset.storageKey) != nil)
    }
}

/// Opens no key, and does something first.
private final class FailingUnwrapper: KeyUnwrapper {
    typealias Body = @Sendable (KeyID) async throws -> Void
    private let body = Mutex<Body>({ _ in })

    func before(_ body: @escaping Body) {
        self.body.withLock { $0 = body }
    }

    func unwrap(_ key: WrappedContentKey, for purpose: UnwrapPurpose) async throws -> ContentKey {
        let body = body.withLock { $0 }
        try await body(key.keyID)
        throw AssetFileError(.unavailable, "no key opens here")
    }
}
