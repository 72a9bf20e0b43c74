import Glibc
import RoostModel
import Subprocess
import SystemPackage

/// A dump's file, opened by Roost, and the program that makes plain text of it.
///
/// The program is given the open file, so its user need not be able to reach it; and because both share one position in
/// the file, Roost knows how far it has read.
struct DumpSource: Sendable {
    let file: FileDescriptor
    let size: Int64
    let reader: ShortCommand

    /// `restore`: what makes SQL of the custom format. `user`: who runs the programs, because what a file says that
    /// somebody brought is not read by root.
    init(_ dump: Dump, restore: String? = nil, user: ServerUser?) throws(EngineError) {
        do {
            file = try FileDescriptor.open(FilePath(dump.path), .readOnly, options: [.closeOnExec, .nonBlocking])
        } catch {
            throw .loadFailed(line: nil, statement: nil, message: "\(dump.path) could not be opened: \(error)")
        }
        var status = stat()
        guard fstat(file.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            try? file.close()
            throw .loadFailed(line: nil, statement: nil, message: "\(dump.path) is not a plain file")
        }
        size = Int64(status.st_size)
        let words = Self.words(dump, restore: restore)
        reader = ShortCommand(
            program: words[0], arguments: Array(words.dropFirst()), user: user, patience: .seconds(60))
    }

    private static func words(_ dump: Dump, restore: String?) -> [String] {
        let plain: [String] =
            switch dump.compression {
            case .none: ["/bin/cat"]
            case .gzip: ["/bin/gzip", "-dc"]
            case .zstd: ["/usr/bin/zstd", "-dcq"]
            case .xz: ["/usr/bin/xz", "-dcq"]
            case .bzip2: ["/bin/bzip2", "-dcq"]
            }
        guard dump.format == .pgCustom, let restore else { return plain }
        let sql = [restore, "-f", "-"]
        if dump.compression == .none { return sql }
        return ["/bin/sh", "-c", "\(plain.joined(separator: " ")) | \"$0\" \"$@\""] + sql
    }

    /// How much of the file was read.
    var position: Int64 {
        // Only a closed file has none.
        (try? file.seek(offset: 0, from: .current)) ?? size
    }

    func rewind() throws { try file.seek(offset: 0, from: .start) }

    /// Closes the file.
    func close() {
        // Nothing was written to it.
        try? file.close()
    }
}
