import CLinux

/// What concerns all files of a file system at once.
public enum WholeFileSystem {
    /// Makes everything durable that was written: one call instead of one for each of thousands of files.
    ///
    /// - Parameter descriptor: of any file or folder of it.
    /// - Throws: `MediaStorageError` when the disk did not take it.
    public static func synchronize(of descriptor: Int32) throws {
        guard keyway_synchronize_file_system(descriptor) == 0 else {
            throw MediaStorageError(.inputOutput, "cannot make files durable: \(Folder.reason())")
        }
    }
}
