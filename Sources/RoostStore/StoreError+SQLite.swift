import GRDB
import RoostModel

extension StoreError {
    /// Converts errors of a database access: our own errors as they are, SQLite's by their result code.
    init(_ error: any Error, path: String) {
        switch error {
        case let error as StoreError:
            self = error
        case let error as DatabaseError:
            // The message alone: GRDB's description of an error carries the statement.
            self.init(code: error.extendedResultCode.rawValue, message: error.message, path: path)
        default:
            self = .unavailable("\(path): \(error)")
        }
    }

    /// Result codes: https://sqlite.org/rescode.html
    init(code: Int32, message: String?, path: String) {
        let reason = "\(message ?? "no message") (SQLite error \(code))"
        switch ResultCode(rawValue: code) {
        case .SQLITE_FULL:
            self = .full("\(path): \(reason)")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_IOERR_SHORT_READ, .SQLITE_IOERR_DATA, .SQLITE_IOERR_CORRUPTFS:
            self = .corrupt(path: path, reason: reason)
        case .SQLITE_IOERR, .SQLITE_CANTOPEN:
            // SQLite reports these codes instead of FULL if there is no room for the log or its index.
            let isFull = StoreFile.room(at: StoreFile.folder(of: path)).map { $0 < .mebibytes(1) } ?? false
            self = isFull ? .full("\(path): \(reason)") : .unavailable("\(path): \(reason)")
        default:
            self = .unavailable("\(path): \(reason)")
        }
    }
}
