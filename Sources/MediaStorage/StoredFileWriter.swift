/// Writes a file in the form that it is stored in, and its tags beside it. Owned by one task.
public final class StoredFileWriter {
    private let tags: any MediaWriter
    private let writer: any MediaWriter
    private let accumulator: TagAccumulator

    /// The name of a file's tags.
    public static func tagsFile(of name: String) -> String { name + ".tags" }

    public init(_ staged: any StagedVersion, name: String, form: StorageForm) throws {
        let tags = try staged.create(Self.tagsFile(of: name))
        self.tags = tags
        accumulator = try TagAccumulator(PieceTagger(form)) { tag in try tag.withUnsafeBytes { try tags.append($0) } }
        let tagging = TaggingWriter(try staged.create(name), accumulator)
        writer = try form.cipher().map { EncryptingWriter(tagging, cipher: $0) } ?? tagging
    }

    /// - Parameter bytes: in the clear.
    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        try writer.append(bytes)
    }

    /// Ends both files and makes them durable.
    ///
    /// - Returns: the SHA-256 of the tags, for the catalog.
    public func finish() throws -> [UInt8] {
        let digest = try accumulator.finish()
        try writer.close()
        try tags.close()
        return digest
    }
}

/// Tags what it appends.
private final class TaggingWriter: MediaWriter {
    private let writer: any MediaWriter
    private let accumulator: TagAccumulator

    init(_ writer: any MediaWriter, _ accumulator: TagAccumulator) {
        self.writer = writer
        self.accumulator = accumulator
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        try accumulator.append(bytes)
        try writer.append(bytes)
    }

    func close() throws { try writer.close() }
}
