import Foundation
import Glibc
import RoostModel

/// The stored table, `<home>/router/table.json`, which the router serves after its own restart until roostd sends
/// one.
struct TableFile: Sendable {
    /// The content found at the start.
    enum Content: Equatable, Sendable {
        case none
        case table(RoutingTable)
        /// The file could not be read. It is kept as `name` and never overwritten.
        case setAside(name: String, reason: String)
    }

    enum Failure: Error, Equatable, CustomStringConvertible {
        /// `step` is the system call, as in `fsync`.
        case notWritten(path: String, step: String, errno: CInt)
        case notEncoded(String)
        case notSetAside(path: String, reason: String)

        var description: String {
            switch self {
            case .notWritten(let path, let step, let code):
                "the table could not be stored: \(step) \(path): \(String(cString: strerror(code)))"
            case .notEncoded(let reason): "the table could not be stored: \(reason)"
            case .notSetAside(let path, let reason):
                "\(path) cannot be read, and cannot be kept under another name: \(reason)"
            }
        }
    }

    let path: String

    func load(now: Date) throws(Failure) -> Content {
        let reason: String
        do {
            return .table(try read())
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
            return .none
        } catch {
            reason = "\(error)"
        }
        let aside = "\(path).unreadable-\(Int(now.timeIntervalSince1970))"
        guard rename(path, aside) == 0 else {
            throw .notSetAside(path: path, reason: String(cString: strerror(errno)))
        }
        return .setAside(name: aside, reason: reason)
    }

    func read() throws -> RoutingTable {
        try JSON.decode(RoutingTable.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// Returns once the table is durable. On an error the table before it is still there.
    func store(_ table: RoutingTable) throws(Failure) {
        let data: Data
        do { data = try JSON.encode(table) } catch { throw .notEncoded("\(error)") }
        let fresh = "\(path).new"
        let file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("open", fresh) }
        do {
            defer { close(file) }
            try write(data, to: file, at: fresh)
            guard fsync(file) == 0 else { throw failure("fsync", fresh) }
        }
        guard rename(fresh, path) == 0 else { throw failure("rename", fresh) }
        try syncFolder()
    }

    private func write(_ data: Data, to file: CInt, at name: String) throws(Failure) {
        var rest = data[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure("write", name) }
            rest = rest.dropFirst(count)
        }
    }

    /// A rename is durable once its folder is synced.
    private func syncFolder() throws(Failure) {
        let name = (path as NSString).deletingLastPathComponent
        let folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("open", name) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("fsync", name) }
    }

    private func failure(_ step: String, _ path: String) -> Failure {
        .notWritten(path: path, step: step, errno: errno)
    }
}
