import Foundation
import Glibc
import Hummingbird
import Logging
import ServiceLifecycle

/// The reason why the Unix socket cannot be opened.
enum LocalSocketError: Error, Equatable, CustomStringConvertible {
    case pathTooLong(String)
    case step(String, path: String, errno: Int32)

    var description: String {
        switch self {
        case .pathTooLong(let path):
            "the socket's path '\(path)' is longer than \(LocalSocket.longestPath) bytes; choose a shorter home"
        case .step(let step, let path, let code): "could not \(step) '\(path)': \(String(cString: strerror(code)))"
        }
    }
}

/// The file of the Unix socket. The socket is bound inside a folder that only its owner can enter, gets its mode and
/// group there, and is then renamed to its place, so at no moment can an unauthorized process connect. (`umask` would
/// change the whole process, whose other threads create files meanwhile.)
struct LocalSocket: Sendable {
    /// `sockaddr_un` has room for 107 bytes; the private folder's suffix takes some.
    static let longestPath = 107 - privateSuffix.utf8.count
    private static let privateSuffix = ".new/s"

    let path: String
    var privateFolder: String { path + ".new" }
    var privatePath: String { path + Self.privateSuffix }

    init(path: String) throws(LocalSocketError) {
        guard path.utf8.count <= Self.longestPath else { throw .pathTooLong(path) }
        self.path = path
    }

    func makePrivateFolder() throws(LocalSocketError) {
        removePrivateFolder()
        try check(mkdir(privateFolder, 0o700), "make the folder", privateFolder)
    }

    /// Sets group and mode, then renames the socket to its place. Called once the server listens.
    func publish() throws(LocalSocketError) {
        if let group = Self.group {
            try check(chown(privatePath, 0, group), "give to the group 'roost'", privatePath)
        }
        try check(chmod(privatePath, Self.group == nil ? 0o600 : 0o660), "set the mode of", privatePath)
        try check(rename(privatePath, path), "put in place", path)
        removePrivateFolder()
    }

    /// The caller still holds the lock of the home directory, so the socket is this daemon's own or a dead daemon's.
    func remove() {
        unlink(path)
        removePrivateFolder()
    }

    private func removePrivateFolder() {
        unlink(privatePath)
        rmdir(privateFolder)
    }

    private func check(_ result: Int32, _ step: String, _ path: String) throws(LocalSocketError) {
        guard result == 0 else { throw .step(step, path: path, errno: errno) }
    }

    /// The group whose members may connect: `roost`, if roostd runs as root and the group exists.
    static var group: gid_t? {
        guard geteuid() == 0 else { return nil }
        var entry = Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        var buffer = [CChar](repeating: 0, count: 64 << 10)
        guard getgrnam_r("roost", &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return entry.gr_gid
    }
}

/// The Unix socket. Every caller that may open it is an administrator.
struct LocalListener: ServiceLifecycle.Service {
    let api: API
    let socket: LocalSocket

    init(api: API, path: String) throws(LocalSocketError) {
        self.api = api
        socket = try LocalSocket(path: path)
    }

    func run() async throws {
        try socket.makePrivateFolder()
        defer { socket.remove() }
        let (failures, failure) = AsyncStream<LocalSocketError>.makeStream()
        let application = api.application(for: .local, at: .unixDomainSocket(path: socket.privatePath)) { _ in
            do throws(LocalSocketError) {
                try socket.publish()
                api.logger.info("listening", metadata: ["socket": "\(socket.path)"])
                api.listening.oneListens()
            } catch {
                failure.yield(error)
            }
            failure.finish()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { failure.finish() }
                try await api.run(application)
            }
            // Without its socket in place the daemon must fail, not appear alive.
            group.addTask { for await error in failures { throw error } }
            // Results are taken singly: waiting for all would wait for the running server before the failure is thrown.
            while try await group.next() != nil {}
        }
    }
}
