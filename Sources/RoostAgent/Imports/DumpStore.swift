import Foundation
import Logging
import RoostEngines
import RoostHost
import RoostModel
import Synchronization

extension LocalHost {
    /// Bytes between two checks of the free space.
    private static let stride: Int64 = 16 << 20

    /// Keeps a dump until it is loaded, readable by Roost alone. `next` gives its pieces, nil at the end. Returns the
    /// path of the dump.
    package func keepDump(
        named name: String?, next: @Sendable () async throws -> Data?
    ) async throws(Problem) -> String {
        let folder = "\(paths.imports)/\(UUID().uuidString)"
        let path = "\(folder)/\(Self.fileName(name))"
        do {
            let file = try await pool.run { [self] in
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
                    try refuse(ByteCount(bytes: Self.stride), at: folder, "the next piece of the dump")
                    looked = size
                }
                size += Int64(piece.count)
                try await pool.run { try file.write(contentsOf: piece) }
            }
            try await pool.run { try file.close() }
            return path
        } catch {
            await dropDump(path)
            if let failure = error as? HostFailure { throw Problem(.diskFull, failure.description) }
            if let problem = error as? Problem { throw problem }
            throw Problem(.failed, "the dump could not be taken over: \(error)")
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
    package func dropDump(_ path: String) async {
        let folder = (path as NSString).deletingLastPathComponent
        let root = paths.imports
        // Uncancelled: the dump of a cancelled import is removed, too.
        do {
            try await uncancelled { [self] in try await bulk.run { try Storage.removeTree(folder, within: root) } }
        } catch {
            // The next start removes the folder.
            logger.warning("A dump could not be removed", metadata: ["folder": "\(folder)", "reason": "\(error)"])
        }
    }

    /// Removes the dumps that a daemon that died had kept.
    package func dropDumps() async {
        // A missing folder: no dump was ever imported.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: paths.imports)) ?? [] {
            await dropDump("\(paths.imports)/\(name)/dump")
        }
    }

    /// Loads a dump into a service's running server, as Roost. The server goes on running, even if the import fails.
    package func importDump(
        _ dump: Dump, _ terms: LoadTerms, _ order: InstanceOrder, progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(HostFailure) -> LoadReport {
        let (engine, build) = try engine(for: order)
        let plan = try serverPlan(order)
        servers.withLock { $0[order.id, default: Server()].imports += 1 }
        defer { servers.withLock { $0[order.id]?.imports -= 1 } }
        do {
            return try await sparingReserve(order) { [self] in
                try await engine.loading().load(
                    dump, into: plan, terms, build: build, user: user(order), progress: progress)
            }
        } catch {
            if let failure = error as? HostFailure { throw failure }
            throw HostFailure("\(error)")
        }
    }
}
