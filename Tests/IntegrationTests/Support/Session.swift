import Foundation
import RoostModel
import Synchronization
import Testing

/// A client connection that is held open: the `mariadb` client with its statements on a pipe, told never to
/// reconnect. So an answer proves that the very same connection still stands.
actor Session {
    /// The connection ended. `reason` is the client's own last words.
    struct Ended: Error, CustomStringConvertible {
        let reason: String
        var description: String { "the connection ended: \(reason)" }
    }

    private let process: Process
    private let end: ProcessEnd
    private let input: FileHandle
    private let errors: String
    private var lines: AsyncStream<String>.Iterator
    private var statements = 0

    /// Connects through the service's endpoint as the application user.
    init(_ service: ServiceInfo, in folder: String, options: [String] = []) throws {
        let name = "\(folder)/client-\(UUID().uuidString.prefix(8))"
        errors = "\(name).err"
        try Self.write(Self.credentials(service), to: "\(name).cnf")
        try Self.write("", to: errors)

        let (input, output) = (Pipe(), Pipe())
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/mariadb")
        process.arguments =
            [
                "--defaults-file=\(name).cnf", "--batch", "--unbuffered", "--skip-column-names", "--skip-reconnect",
            ] + options
        process.environment = Command.clean()
        process.standardInput = input
        process.standardOutput = output
        let standardError = try FileHandle(forWritingTo: URL(filePath: errors))
        process.standardError = standardError
        // Foundation keeps a process that has a termination handler, and the file that it was given.
        defer { standardError.closeFile() }
        end = ProcessEnd()
        let arriving = end
        process.terminationHandler = { arriving.arrive($0) }
        self.input = input.fileHandleForWriting
        lines = Self.lines(of: output.fileHandleForReading).makeAsyncIterator()
        try process.run()
    }

    /// Sends one statement and returns its rows, tab-separated as the client prints them.
    @discardableResult
    func query(_ statement: String) async throws -> [String] {
        let process = process
        let deadline = Task {  // Ends with this call; a bound on a hang, and the client's end ends the call.
            try await Task.sleep(for: .seconds(120))
            process.terminate()
        }
        defer { deadline.cancel() }
        statements += 1
        let marker = "-- answered \(statements) --"
        do {
            try input.write(contentsOf: Data("\(statement);\nselect '\(marker)';\n".utf8))
        } catch {
            throw Ended(reason: lastWords)  // A broken pipe: the client has ended.
        }
        var rows: [String] = []
        // The iterator is taken out, because an actor's own state may not be lent across a suspension.
        var lines = self.lines
        defer { self.lines = lines }
        while let line = await lines.next(isolation: self) {
            if line == marker { return rows }
            rows.append(line)
        }
        throw Ended(reason: lastWords)
    }

    /// The server's number for this connection.
    func connectionID() async throws -> String { try await query("select connection_id()").first ?? "" }

    /// Ends the client and waits for it.
    func close() async {
        // The input is already closed when the client has ended by itself.
        try? input.close()
        process.terminate()
        _ = await end.status()
    }

    private var lastWords: String {
        FileManager.default.contents(atPath: errors).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// The client's option file: a password never stands among a process's arguments.
    static func credentials(_ service: ServiceInfo) -> String {
        """
        [client]
        protocol=tcp
        host=\(service.endpoint.host)
        port=\(service.endpoint.port)
        user=\(service.user)
        password=\(service.password ?? "")
        connect_timeout=30
        [mariadb-client]
        database=\(service.database)

        """
    }

    static func write(_ text: String, to path: String) throws {
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw Unexpected("cannot write \(path)") }
    }

    private static func lines(of handle: FileHandle) -> AsyncStream<String> {
        AsyncStream { continuation in
            // A thread that ends with the pipe. Reading blocks, so it may not be one of the concurrency pool.
            Thread.detachNewThread {
                var rest = Data()
                while true {
                    let data = handle.availableData
                    if data.isEmpty { break }
                    rest.append(data)
                    while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
                        continuation.yield(String(decoding: rest[rest.startIndex..<newline], as: UTF8.self))
                        rest = Data(rest[(newline + 1)...])
                    }
                }
                handle.closeFile()
                continuation.finish()
            }
        }
    }
}

extension Roost {
    /// Runs `body` with a connection through the endpoint and closes it, whatever happens.
    func withSession<Result>(
        _ service: String = "data", in application: String = "ramen", options: [String] = [],
        _ body: (Session) async throws -> Result
    ) async throws -> Result {
        let session = try Session(
            try await info(service, in: application, showPassword: true), in: folder, options: options)
        do {
            let result = try await body(session)
            await session.close()
            return result
        } catch {
            await session.close()
            throw error
        }
    }

    /// Runs a statement over a connection of its own.
    @discardableResult
    func query(
        _ statement: String, _ service: String = "data", in application: String = "ramen"
    ) async throws -> [String] {
        try await withSession(service, in: application) { try await $0.query(statement) }
    }

    /// Connects with given credentials and returns the client's outcome, for connections that should be refused.
    func connect(
        _ service: ServiceInfo, statement: String = "select 1", options: [String] = []
    ) async throws -> Outcome {
        let file = "\(folder)/client-\(UUID().uuidString.prefix(8)).cnf"
        try Session.write(Session.credentials(service), to: file)
        return try await Command.run(
            "/usr/bin/mariadb",
            ["--defaults-file=\(file)", "--batch", "--skip-column-names"] + options + ["-e", statement])
    }
}
