public import Foundation

/// Where media lies: a port that knows files of asset versions, and nothing of formats.
///
/// A version is written into a staging folder and becomes visible whole, by one step, when it is complete. What is visible
/// never changes.
public protocol MediaStorage: Sendable {
    /// A folder for a version that is being made; nothing in it can be read through `open`.
    ///
    /// - Parameter account: nil for the default one; an engine that is one account takes no notice.
    func stage(in account: String?) throws -> any StagedVersion
    /// Puts a file of a complete version into one that is being made, as it lies there: without copying it where the engine
    /// can, since neither ever changes. Each goes by itself when its version is removed.
    ///
    /// - Parameter check: is asked before each piece that is copied, since a film takes minutes; what it throws ends the copy.
    /// - Throws: also what `check` does. Nothing of the file is left in the version then.
    func share(_ file: StoredFile, with staged: any StagedVersion, as name: String, check: () throws -> Void) throws
    /// Opens a file of a version for ranged reads.
    func open(_ file: StoredFile) throws -> any MediaReader
    /// Reads a whole small file, mapped where the engine can.
    ///
    /// - Throws: `MediaStorageError` when it is longer than `limit` bytes.
    func contents(of file: StoredFile, limit: Int) throws -> Data
    /// Removes what processes that died left in the staging of one account, and its version folders that `isKnown` does not
    /// know: what lies in another account is not asked about. To be called by the only writer, before it writes there.
    ///
    /// - Parameter account: nil for the default one; an engine that is one account takes no notice.
    /// - Throws: `MediaStorageError`, with `unavailable` while the account is away: its leftovers are there still.
    func removeLeftovers(in account: String?, isKnown: (_ asset: String, _ version: Int) -> Bool) throws
    /// Removes all versions of an asset; none is fine.
    func removeVersions(of asset: String) throws
    /// Removes an asset's version folders of one account that `isKnown` does not know; none is fine. To be called by the only
    /// writer of the asset.
    ///
    /// - Parameter account: nil for the default one; an engine that is one account takes no notice.
    /// - Throws: `MediaStorageError`, with `unavailable` while the account is away.
    func removeVersions(of asset: String, in account: String?, isKnown: (_ version: Int) -> Bool) throws

    /// Goes on with an original, making it when it is not there. One writer at a time, in all processes.
    ///
    /// - Throws: `MediaStorageError` with `busy` while another one writes.
    func append(toOriginal name: String, in account: String?) throws -> any OriginalWriter
    /// Makes the tags of an original, in the place of what was there.
    func createTags(ofOriginal name: String, in account: String?) throws -> any MediaWriter
    /// How many bytes of an original are there; 0 when there is none.
    func size(ofOriginal name: String, in account: String?) throws -> UInt64
    /// Removes an original and its tags; none is fine.
    func removeOriginal(_ name: String, in account: String?) throws
    /// All originals that are there.
    func originals() throws -> [StoredFile]

    /// Looks whether what is stored can be reached.
    ///
    /// - Throws: `MediaStorageError` with `unavailable`, and what to do.
    func examine() throws
    /// How much fits in; nil where the engine cannot tell.
    func capacity() throws -> StorageCapacity?
    /// The account that something new of an asset goes to; nil for the default one.
    ///
    /// - Parameter size: in bytes, where it is known.
    /// - Throws: `MediaStorageError` with `unavailable` when there is none.
    func place(_ asset: String, _ choice: StorageChoice, size: UInt64) throws -> String?
    /// The accounts, whether they are there or not; nil is the default one.
    var accountNames: [String?] { get }
    /// The accounts, and how they are now. One that does not answer is told as such, and keeps the others from nothing.
    func accountStates() -> [StorageAccountState]
    /// Through which whoever may not wait for a disk that hangs looks at an account.
    ///
    /// - Parameter account: nil for the default one; an engine that is one account takes no notice.
    func looks(in account: String?) -> DiskLooks
}

extension MediaStorage {
    /// Copies, as every engine can.
    public func share(
        _ file: StoredFile, with staged: any StagedVersion, as name: String, check: () throws -> Void
    ) throws {
        try copy(file, to: staged, as: name, check: check)
    }

    /// Of what is short, or nobody asks to end.
    public func share(_ file: StoredFile, with staged: any StagedVersion, as name: String) throws {
        try share(file, with: staged, as: name) {}
    }

    func copy(
        _ file: StoredFile, to staged: any StagedVersion, as name: String, check: () throws -> Void
    ) throws {
        let reader = try open(file)
        let writer = try staged.create(name)
        do {
            try reader.forEachPiece { piece in
                try check()
                try writer.append(piece)
            }
            try check()
            try writer.close()
        } catch {
            // Half a file is none: whoever goes on with the version must not find it there.
            staged.remove(name)
            throw error
        }
    }

    /// An engine alone is the default account.
    public func place(_ asset: String, _ choice: StorageChoice, size: UInt64) throws -> String? {
        if case .only(let account?) = choice { throw MediaStorageError(noAccount: account) }
        return nil
    }

    public var accountNames: [String?] { [nil] }

    public func accountStates() -> [StorageAccountState] {
        let look = looks(in: nil).begin { try StorageAccountState.look(at: self) }
        return [StorageAccountState(account: nil, weight: 1, place: "", Result { try look() })]
    }
}

/// How much fits into an account, in bytes.
public struct StorageCapacity: Sendable, Hashable {
    public var total: UInt64
    public var free: UInt64

    public init(total: UInt64, free: UInt64) {
        self.total = total
        self.free = free
    }
}

/// Appends to an original. Owned by one task; others may not write until it is closed or released.
public protocol OriginalWriter: MediaWriter {
    /// In bytes, with what was there before.
    var size: UInt64 { get }
    /// Makes what was appended durable.
    func synchronize() throws
    /// Cuts off what comes after that many bytes, durably.
    func truncate(to size: UInt64) throws
}

/// A version that is being written.
public protocol StagedVersion: AnyObject, Sendable {
    /// Starts a file. Its bytes are durable after `commit`.
    func create(_ name: String) throws -> any MediaWriter
    /// Takes out a file that was started, also before it was closed; none is fine.
    func remove(_ name: String)
    /// Makes all files visible as this version, durably, in one step.
    ///
    /// - Throws: `MediaStorageError` when the version exists: what is there is never replaced.
    func commit(asset: String, version: Int) throws
    /// Removes everything. Harmless after `commit`.
    func discard()
}

/// Appends to one file. Owned by one task.
public protocol MediaWriter: AnyObject {
    func append(_ bytes: UnsafeRawBufferPointer) throws
    /// Ends the file and makes it durable.
    func close() throws
}

/// Reads ranges of one file. Safe to use from several tasks at once.
public protocol MediaReader: Sendable {
    /// In bytes.
    var size: UInt64 { get }
    /// Fills the buffer with the bytes from `offset` on; all of it or an error.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws
    /// The same where the bytes are at hand, so that reading them waits for no disk.
    ///
    /// - Returns: false when they are not; the buffer then holds nothing of use.
    func readAtHand(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws -> Bool
}

extension MediaReader {
    /// For engines that cannot tell.
    public func readAtHand(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws -> Bool { false }

    /// Appends the bytes of a range.
    public func append(_ range: Range<UInt64>, to bytes: inout [UInt8]) throws {
        guard range.upperBound <= size, let count = Int(exactly: range.upperBound - range.lowerBound) else {
            throw MediaStorageError(.outOfRange, "a read of \(range) in a file of \(size) bytes")
        }
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: count))
        try bytes.withUnsafeMutableBytes { buffer in
            try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]), at: range.lowerBound)
        }
    }
}

/// Names one file of one version, or an original.
public struct StoredFile: Sendable, Hashable, CustomStringConvertible {
    public enum Place: Sendable, Hashable {
        case version(asset: String, Int)
        case originals
    }

    public var place: Place
    public var name: String
    /// Nil for the default account.
    public var account: String?

    public init(asset: String, version: Int, name: String, account: String? = nil) {
        place = .version(asset: asset, version)
        self.name = name
        self.account = account
    }

    /// The bytes of one upload.
    public init(original name: String, account: String? = nil) {
        place = .originals
        self.name = name
        self.account = account
    }

    /// Where the tags of this file are.
    public var tags: StoredFile {
        var file = self
        file.name = StoredFileWriter.tagsFile(of: name)
        return file
    }

    public var description: String {
        switch place {
        case .version(let asset, let version): "file '\(name)' of version \(version) of '\(asset)'"
        case .originals: "original '\(name)'"
        }
    }
}

/// Why storage refused. Names files, never contents.
public struct MediaStorageError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        case exists
        case missing
        case outOfRange
        case tooLarge
        case nameNotAllowed
        case wrongKeyType
        /// What is stored is not what was written.
        case damaged
        case inputOutput
        /// The disk has no room for it.
        case full
        /// Somebody else is writing it.
        case busy
        /// Its storage account cannot be reached now, or takes nothing new.
        case unavailable
    }

    public var code: Code
    public var reason: String
    public var description: String { "media storage: \(reason)" }

    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
