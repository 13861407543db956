public import Foundation

/// An account that could not be set up: nothing is there, and everything says why.
public struct AbsentMediaStorage: MediaStorage {
    private let problem: MediaStorageError

    public init(_ reason: String) {
        problem = MediaStorageError(.unavailable, reason)
    }

    public func stage(in account: String?) throws -> any StagedVersion { throw problem }
    public func open(_ file: StoredFile) throws -> any MediaReader { throw problem }
    public func contents(of file: StoredFile, limit: Int) throws -> Data { throw problem }
    public func removeLeftovers(in account: String?, isKnown: (_ asset: String, _ version: Int) -> Bool) throws {
        throw problem
    }
    public func removeVersions(of asset: String) throws { throw problem }
    public func removeVersions(of asset: String, in account: String?, isKnown: (_ version: Int) -> Bool) throws {
        throw problem
    }
    public func append(toOriginal name: String, in account: String?) throws -> any OriginalWriter { throw problem }
    public func createTags(ofOriginal name: String, in account: String?) throws -> any MediaWriter { throw problem }
    public func size(ofOriginal name: String, in account: String?) throws -> UInt64 { throw problem }
    public func removeOriginal(_ name: String, in account: String?) throws { throw problem }
    public func originals() throws -> [StoredFile] { throw problem }
    public func examine() throws { throw problem }
    public func looks(in account: String?) -> DiskLooks { DiskLooks("storage that could not be set up") }
    public func capacity() throws -> StorageCapacity? { throw problem }
}
