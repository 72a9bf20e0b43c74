import Foundation
import RoostModel
import Synchronization
import Testing

@testable import RoostEngines

/// A folder with a stand-in `mongorestore`. It records its arguments, loads nothing from an archive with the word
/// `empty`, and fails on one with `broken`.
struct StandInTools {
    let folder = "/tmp/roost-engine-tools-\(UUID().uuidString.prefix(8))"

    private static let program = """
        #!/bin/sh
        cd "$(dirname "$0")" || exit 2
        echo "$@" > arguments
        cat "${1#--config=}" > settings
        cat > input
        if grep -q empty input; then
            printf '2026-11-25T16:58:06.467+0000\\t0 document(s) restored successfully. 0 document(s) failed to restore.\\n' >&2
            exit 0
        fi
        if ! grep -q broken input; then
            printf '2026-11-25T16:58:06.467+0000\\t3 document(s) restored successfully. 0 document(s) failed to restore.\\n' >&2
            exit 0
        fi
        printf '2026-11-25T16:58:06.467+0000\\tFailed: shop.orders: no such thing\\n2026-11-25\\t1 failed\\n' >&2
        exit 1
        """

    init() throws {
        try TestFolder.make(folder)
        try Data(Self.program.utf8).write(to: URL(filePath: "\(folder)/mongorestore"))
        try #require(chmod("\(folder)/mongorestore", 0o755) == 0)
    }

    /// A file that the servers' user may not read.
    func dump(_ text: String, _ compression: Dump.Compression) throws -> Dump {
        let path = "\(folder)/\(text).archive"
        let packing =
            switch compression {
            case .none: "cat"
            case .gzip: "gzip -c"
            case .zstd: "zstd -qc"
            case .xz: "xz -c"
            case .bzip2: "bzip2 -c"
            }
        try TestProgram.run(
            "/bin/sh", ["-c", "umask 077; printf %s \"$1\" | \(packing) > \"$2\"", "sh", text, path])
        return Dump(path: path, format: .mongoArchive, compression: compression)
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) }

    func remove() {
        try? FileManager.default.removeItem(atPath: folder)  // Left behind: a folder below /tmp.
    }
}

/// The last progress that a load reported.
final class Progress: Sendable {
    private let state = Mutex<LoadProgress?>(nil)
    var last: LoadProgress? { state.withLock { $0 } }
    func note(_ progress: LoadProgress) { state.withLock { $0 = progress } }
}
