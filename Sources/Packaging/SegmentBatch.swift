import Origin

/// Makes and writes some segments together: those that are chains of AES-128 blocks side by side in the processor's lanes.
struct SegmentBatch {
    let origin: OriginService
    let destination: any PackageDestination

    static func batches(of segments: [OriginRequest]) -> [ArraySlice<OriginRequest>] {
        stride(from: 0, to: segments.count, by: PieceRound.most).map {
            segments[$0..<min($0 + PieceRound.most, segments.count)]
        }
    }

    /// A segment on its way into its file.
    private final class Writing {
        let file: any PackageFile
        let pieces: SegmentPieces
        let buffer: UnsafeMutableRawBufferPointer

        init(_ file: any PackageFile, _ pieces: SegmentPieces, _ buffer: UnsafeMutableRawBufferPointer) {
            self.file = file
            self.pieces = pieces
            self.buffer = buffer
        }

        /// Takes a step, waiting for the disk.
        func step() throws {
            try append(try pieces.next(into: buffer, mayWait: true) ?? 0)
        }

        func append(_ count: Int) throws {
            try file.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// - Returns: how many there were, and of how many bytes.
    func write(_ requests: [OriginRequest]) async throws -> (count: Int, bytes: UInt64) {
        var objects: [(path: String, object: OriginObject)] = []
        for request in requests {
            try Task.checkCancellation()
            objects.append((OriginPath.relative(request), try await origin.object(for: request)))
        }
        try write(objects)
        return (objects.count, objects.reduce(0) { $0 + $1.object.size })
    }

    private func write(_ objects: [(path: String, object: OriginObject)]) throws {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: SegmentPieces.size * max(1, objects.count), alignment: 64)
        defer { memory.deallocate() }
        var chained: [Writing] = []
        for (number, (path, object)) in objects.enumerated() {
            let start = number * SegmentPieces.size
            let buffer = UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + SegmentPieces.size])
            let file = try destination.create(path)
            switch object.body {
            case .bytes(let bytes):
                try bytes.withUnsafeBytes { try file.append($0) }
                try file.close()
            case .segment(let source):
                let pieces = try SegmentPieces(source, 0..<object.size)
                let writing = Writing(file, pieces, buffer)
                if pieces.isChained {
                    chained.append(writing)
                } else {
                    while pieces.left > 0 { try writing.step() }
                    try file.close()
                }
            }
        }
        try write(chained)
    }

    /// Rounds of one piece of each, until all are written.
    private func write(_ chained: [Writing]) throws {
        let round = PieceRound()
        var open = chained
        while !open.isEmpty {
            let results = round.next(open.map { PieceRound.Place($0.pieces, $0.buffer) })
            for (writing, result) in zip(open, results) {
                if let count = try result.get() { try writing.append(count) } else { try writing.step() }
            }
            for writing in open where writing.pieces.left == 0 { try writing.file.close() }
            open.removeAll { $0.pieces.left == 0 }
        }
    }
}
