import Foundation
import Logging
import RoostEngines
import RoostHost
import RoostModel

/// The dumps that Roost keeps: for an import until they are loaded, and for a template as long as it is made of them.
struct DumpStore: Sendable {
    let disk: HomeDisk
    let reserve: DiskReserve
    let logger: Logger

    var paths: HomePaths { disk.paths }

    /// Bytes between two checks of the free space.
    private static let stride: Int64 = 16 << 20

    /// Keeps a dump until it is loaded, readable by Roost alone. `next` gives its pieces, nil at the end. Returns the
    /// path of the dump.
    func keepDump(
        named name: String?, next: @Sendable () async throws -> Data?
    ) async throws(Problem) -> String {
        let folder = "\(paths.imports)/\(UUID().uuidString)"
        let path = "\(folder)/\(Self.fileName(name))"
        do {
            let file = try await disk.pool.run {
                try Storage.makeFolder(paths.imports, mode: 0o700, owner: nil)
                try Storage.makeFolder(folder, mode: 0o700, owner: nil)
                try Storage.writeAtomically(Data(), to: path, mode: 0o600, owner: nil)
                return try FileHandle(forWritingTo: URL(filePath: path))
            }
            defer { try? file.close() }  // Closed twice at worst.
            var (size, looked): (Int64, Int64) = (0, -Self.stride)
            var head = DumpHead()
            while let piece = try await next() {
                if let words = head.refusal(piece) { throw Problem(.usage, "\(name ?? "the dump") is \(words)") }
                if size - looked >= Self.stride {
                    try reserve.refuse(ByteCount(bytes: Self.stride), at: folder, "the next piece of the dump")
                    looked = size
                }
                size += Int64(piece.count)
                try await disk.pool.run { try file.write(contentsOf: piece) }
            }
            try await disk.pool.run { try file.close() }
            return path
        } catch {
            await dropDump(path)
            if let failure = error as? HostFailure { throw Problem(.diskFull, failure.description) }
            if let problem = error as? Problem { throw problem }
            throw Problem(.failed, "the dump could not be stored: \(error)")
        }
    }

    /// File name of a kept dump: `dump-` and the plain characters of the caller's name, without its folders. The
    /// name's ending may tell the format.
    static func fileName(_ name: String?) -> String {
        let last = (name ?? "").split(separator: "/").last ?? ""
        let plain = last.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }.suffix(100)
        return "dump-\(plain)"
    }

    /// Removes a kept dump.
    func dropDump(_ path: String) async {
        let folder = (path as NSString).deletingLastPathComponent
        let root = paths.imports
        // Uncancelled: the dump of a cancelled import is removed, too.
        do {
            try await uncancelled { try await disk.bulk.run { try Storage.removeTree(folder, within: root) } }
        } catch {
            // The next start removes the folder.
            logger.warning("A dump could not be removed", metadata: ["folder": "\(folder)", "reason": "\(error)"])
        }
    }

    /// Removes the dumps that a daemon that died had kept.
    func dropDumps() async {
        // A missing folder: no dump was ever imported.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: paths.imports)) ?? [] {
            await dropDump("\(paths.imports)/\(name)/dump")
        }
    }
}
