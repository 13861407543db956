import Foundation

/// Stands between a client and a server, and cuts the first connections after so many bytes from the client, of which the last
/// are lost.
final class CuttingProxy {
    private static let program = """
        import asyncio, sys
        host, port, cuts, limit, rate = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
        record = sys.argv[6]
        done = count = 0

        async def copy(reader, writer, allowed, note=None):
            global done
            try:
                while data := await reader.read(65536):
                    if note: note.write(data)
                    if allowed is not None:
                        if rate: await asyncio.sleep(len(data) / rate)
                        allowed -= len(data)
                        if allowed <= 0 and done < cuts:
                            done += 1
                            print("cut", done, flush=True)
                            return
                    writer.write(data)
                    await writer.drain()
            except (ConnectionError, OSError):
                pass

        async def serve(reader, writer):
            global count
            count += 1
            note = open(f"{record}.{count:06}", "wb", buffering=0) if record else None
            try:
                up_reader, up_writer = await asyncio.open_connection(host, port)
            except OSError:
                writer.transport.abort()
                return
            tasks = [asyncio.create_task(copy(reader, up_writer, limit, note)), asyncio.create_task(copy(up_reader, writer, None))]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks: task.cancel()
            writer.transport.abort()
            up_writer.transport.abort()

        async def main():
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            print("port", server.sockets[0].getsockname()[1], flush=True)
            await server.serve_forever()

        asyncio.run(main())
        """

    let url: String
    private let process = Process()
    private let output: URL
    private let folder: Folder

    /// - Parameters:
    ///   - server: `http://127.0.0.1:PORT`.
    ///   - limit: in bytes.
    ///   - rate: bytes a second from each client; 0 for as fast as it goes.
    ///   - isRecorded: whether what clients send is kept, for `recorded`.
    init(to server: String, cuts: Int, limit: Int, rate: Int = 0, isRecorded: Bool = false) throws {
        folder = try Folder()
        output = folder.url("out")
        try Data().write(to: output)
        let port = server.split(separator: ":").last.map(String.init) ?? ""
        process.executableURL = URL(fileURLWithPath: try Programs.outside("python3"))
        process.arguments = ["-c", Self.program, "127.0.0.1", port, "\(cuts)", "\(limit)", "\(rate)"]
        process.arguments?.append(isRecorded ? folder.path + "/wire" : "")
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = output
        var found: Substring?
        _ = eventually {
            let words = ((try? String(contentsOf: text, encoding: .utf8)) ?? "").split(whereSeparator: \.isWhitespace)
            found = words.first == "port" && words.count > 1 ? words[1] : nil
            return found != nil
        }
        guard let found else { throw ToolMissing(name: "a proxy in Python") }
        url = "http://127.0.0.1:\(found)"
    }

    /// How many connections were cut.
    var cuts: Int {
        ((try? String(contentsOf: output, encoding: .utf8)) ?? "").components(separatedBy: "cut ").count - 1
    }

    /// What came from clients, each connection's by itself, in the order in which they began.
    func recorded() throws -> [Data] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("wire.") }.sorted()
            .map { try Data(contentsOf: folder.url($0)) }
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
