import Foundation
import Glibc
import RoostHost
import RoostModel

/// A server that runs on a directory for a short time, in isolation: without accounts, without a replica set, and
/// reached over a socket that no other process has. It makes no connections, whatever the directory says.
struct LoneServer: Sendable {
    let program: String
    let directory: String
    let user: ServerUser
    /// `name=value`
    var parameters: [String] = []
    /// The time limit for the server's whole life.
    let patience: Duration

    /// Starts the server, runs `work` on it and ends it. If the server ended by itself earlier, the outcome says so
    /// and no work was done.
    func run(
        _ work: @escaping @Sendable (MongoConnection) throws(MongoFault) -> Void
    ) async throws(EngineError) -> ShortCommand.Outcome {
        let folder = try UserFolder(user)
        defer { folder.remove() }
        let socket = "\(folder.path)/server.sock"
        let command = ShortCommand(
            program: program,
            arguments: [
                "--dbpath", directory, "--bind_ip", socket, "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25",
            ] + (["diagnosticDataCollectionEnabled=false"] + parameters).flatMap { ["--setParameter", $0] },
            user: user, patience: patience)
        return try await command.run(socket: socket) {
            let result = try await AdministrationThreads.run { () throws(MongoFault) in
                let connection = try MongoConnection(socket, .none, .administration)
                try work(connection)
                try Self.end(connection)
            }
            try result.mapError(\.engineError).get()
        }
    }
}

extension LoneServer {
    /// A snapshot may hold an unfinished index build, whose completion may need the replica set that the directory
    /// gets. Until then a server only ends if it is told to postpone the build.
    private static func end(_ connection: MongoConnection) throws(MongoFault) {
        do throws(MongoFault) { try shutDown(connection, force: false) } catch {
            guard error.code == MongoFault.Code.conflictingOperation else { throw error }
            try shutDown(connection, force: true)
        }
    }

    private static func shutDown(_ connection: MongoConnection, force: Bool) throws(MongoFault) {
        do throws(MongoFault) { try connection.run(["shutdown": 1, "force": .bool(force)]) } catch {
            // The server may end before it answers.
            guard error.isUnanswered else { throw error }
        }
    }
}

/// A folder with a short path for the sockets and files of a program that runs as another user. No other user may
/// access it.
struct UserFolder {
    let path: String
    private let owner: ServerUser?

    /// Nil: the folder belongs to the caller.
    init(_ user: ServerUser?) throws(EngineError) {
        var template = Array("/tmp/roost-XXXXXX".utf8CString)
        // `mkdtemp` creates the folder with mode 0700.
        guard mkdtemp(&template) != nil else {
            throw .notReachable("no temporary folder could be created: errno \(errno)")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        owner = geteuid() == 0 ? user : nil
        if let owner, chown(path, owner.uid, owner.gid) != 0 {
            let reason = errno
            remove()
            throw .notReachable("the owner of \(path) could not be changed to \(owner.name): errno \(reason)")
        }
    }

    /// Writes a file that only its user can read, because it may hold a password. Call it before a program of the
    /// user's runs.
    func write(_ text: String, to name: String) throws(EngineError) {
        do { try Storage.writeAtomically(Data(text.utf8), to: "\(path)/\(name)", mode: 0o600, owner: owner) } catch {
            throw .notReachable("\(path)/\(name) could not be written: \(error)")
        }
    }

    func remove() {
        // A folder that cannot be removed stays its user's until the host clears its temporary files.
        try? FileManager.default.removeItem(atPath: path)
    }
}
