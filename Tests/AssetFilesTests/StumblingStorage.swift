import Foundation
import MediaStorage
import Synchronization

/// Storage whose disk does not take what the first writer wants durable, and says so once.
final class StumblingStorage: MediaStorage {
    private let storage: FileSystemMediaStorage
    private let hasStumbled: Mutex<Bool>
    /// Is told the names of threads that wait for the disk.
    private let note: @Sendable (Thread) -> Void

    init(
        storage: FileSystemMediaStorage, stumbles: Bool = true, note: @escaping @Sendable (Thread) -> Void = { _ in }
    ) {
        self.storage = storage
        self.note = note
        hasStumbled = Mutex(!stumbles)
    }

    private func noteThread() { note(Thread.current) }

    func place(_ asset: String, _ choice: StorageChoice, size: UInt64) throws -> String? {
        noteThread()
        return try storage.place(asset, choice, size: size)
    }

    func append(toOriginal name: String, in account: String?) throws -> any OriginalWriter {
        let isFirst = hasStumbled.withLock { stumbled in
            defer { stumbled = true }
            return !stumbled
        }
        return Writer(
            try storage.append(toOriginal: name, in: account), stumbles: isFirst, note: { [self] in noteThread() })
    }

    func looks(in account: String?) -> DiskLooks { storage.looks(in: account) }
    func stage(in account: String?) throws -> any StagedVersion { try storage.stage(in: account) }
    func open(_ file: StoredFile) throws -> any MediaReader { try storage.open(file) }
    func contents(of file: StoredFile, limit: Int) throws -> Data { try storage.contents(of: file, limit: limit) }
    func removeLeftovers(in account: String?, isKnown: (_ asset: String, _ version: Int) -> Bool) throws {
        try storage.removeLeftovers(in: account, isKnown: isKnown)
    }
    func removeVersions(of asset: String) throws { try storage.removeVersions(of: asset) }
    func removeVersions(of asset: String, in account: String?, isKnown: (_ version: Int) -> Bool) throws {
        try storage.removeVersions(of: asset, in: account, isKnown: isKnown)
    }
    func createTags(ofOriginal name: String, in account: String?) throws -> any MediaWriter {
        try storage.createTags(ofOriginal: name, in: account)
    }
    func size(ofOriginal name: String, in account: String?) throws -> UInt64 {
        try storage.size(ofOriginal: name, in: account)
    }
    func removeOriginal(_ name: String, in account: String?) throws {
        try storage.removeOriginal(name, in: account)
    }
    func originals() throws -> [StoredFile] { try storage.originals() }
    func examine() throws { try storage.examine() }
    func capacity() throws -> StorageCapacity? { try storage.capacity() }

    private final class Writer: OriginalWriter {
        private let writer: any OriginalWriter
        private var stumbles: Bool
        private let note: () -> Void

        init(_ writer: any OriginalWriter, stumbles: Bool, note: @escaping () -> Void) {
            self.writer = writer
            self.stumbles = stumbles
            self.note = note
        }

        var size: UInt64 { writer.size }
        func append(_ bytes: UnsafeRawBufferPointer) throws { try writer.append(bytes) }
        func synchronize() throws {
            note()
            defer { stumbles = false }
            guard !stumbles else { throw MediaStorageError(.inputOutput, "the disk did not take it") }
            try writer.synchronize()
        }
        func truncate(to size: UInt64) throws { try writer.truncate(to: size) }
        func close() throws { try writer.close() }
    }
}
