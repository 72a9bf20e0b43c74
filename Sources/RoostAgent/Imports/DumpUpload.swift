import Foundation
import RoostEngines
import RoostHost
import RoostModel

/// An upload of a dump, from standard input or from another machine. The dump is kept for as long as a template is
/// made of it, because the template may be built anew.
struct DumpUpload: Sendable {
    let folder: String
    /// Throws if the disk has no room for this many more bytes.
    let refuse: @Sendable (ByteCount) throws -> Void

    /// Bytes between two checks of the free space.
    private static let stride: Int64 = 64 << 20

    func take(_ next: @Sendable () async throws -> Data?, on pool: BlockingPool) async throws(Problem) -> ReceivedDump {
        let path = "\(folder)/\(TimedID.make())"
        let making = "\(path).unfinished"
        do {
            let file = try await pool.run { try open(making) }
            defer { try? file.close() }  // Closed twice at worst.
            let size = try await write(next, to: file, on: pool)
            try await pool.run {
                try file.synchronize()
                try file.close()
                guard rename(making, path) == 0 else { throw Problem(.failed, "the dump could not be stored") }
            }
            return ReceivedDump(path: path, sizeBytes: ByteCount(bytes: size))
        } catch {
            unlink(making)
            if let problem = error as? Problem { throw problem }
            throw Problem(.failed, "the dump could not be stored: \(error)")
        }
    }

    private func open(_ path: String) throws -> FileHandle {
        try Storage.makeFolder(folder, mode: 0o700, owner: nil)
        try Storage.writeAtomically(Data(), to: path, mode: 0o600, owner: nil)
        return try FileHandle(forWritingTo: URL(filePath: path))
    }

    private func write(
        _ next: @Sendable () async throws -> Data?, to file: FileHandle, on pool: BlockingPool
    ) async throws -> Int64 {
        var (size, checked): (Int64, Int64) = (0, 0)
        var head = DumpHead()
        while let piece = try await next() {
            if let words = head.refusal(piece) { throw Problem(.usage, "the dump is \(words)") }
            if size >= checked {
                checked = size + Self.stride
                try await pool.run { try refuse(ByteCount(bytes: Self.stride)) }
            }
            try await pool.run { try file.write(contentsOf: piece) }
            size += Int64(piece.count)
        }
        guard size > 0 else { throw Problem(.usage, "the dump is empty") }
        return size
    }
}

extension DumpStore {
    /// An unused dump is kept this long: a request that names it may be on its way.
    private static let receivedKept: TimeInterval = 24 * 3600

    /// Keeps a dump that is uploaded. `next` gives its pieces, nil at the end.
    func storeDump(_ next: @Sendable () async throws -> Data?) async throws(Problem) -> ReceivedDump {
        let folder = paths.received
        let upload = DumpUpload(folder: folder) { size in try reserve.refuse(size, at: folder, "the dump") }
        return try await upload.take(next, on: disk.pool)
    }

    /// Removes uploaded dumps that no template is made of, except those of the last day.
    func removeReceivedDumps(except kept: Set<String>) async throws(HostFailure) {
        try await disk.pool.run {
            for name in HomeDisk.names(in: paths.received) {
                let path = "\(paths.received)/\(name)"
                guard !kept.contains(path), HomeDisk.age(of: path) > Self.receivedKept else { continue }
                try disk.naming("remove \(path)") { try Storage.removeTree(path, within: paths.received) }
            }
        }
    }
}
