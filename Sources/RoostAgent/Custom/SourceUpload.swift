import Crypto
import Foundation
import RoostHost
import RoostModel

/// An upload of a custom service's source. It is written as it arrives, and kept only if its digest is the one that
/// was named.
struct SourceUpload: Sendable {
    static let largest: ByteCount = .mebibytes(512)

    let path: String
    let digest: ContentDigest
    /// Folders that are made if they are missing.
    let folders: [String]
    /// The system user that unpacks the source; nil: the caller itself.
    let reader: ServerUser?

    func take(_ next: @Sendable () async throws -> Data?, on pool: BlockingPool) async throws(Problem) {
        let making = "\(path).\(UInt64.random(in: .min ... .max)).unfinished"
        do {
            let file = try await pool.run { try open(making) }
            defer { try? file.close() }  // Closed twice at worst.
            try await write(next, to: file, on: pool)
            try await pool.run {
                try file.synchronize()
                try file.close()
                guard rename(making, path) == 0 else { throw Problem(.failed, "the source could not be stored") }
            }
        } catch {
            unlink(making)
            if let problem = error as? Problem { throw problem }
            throw Problem(.failed, "the source could not be stored: \(error)")
        }
    }

    private func open(_ path: String) throws -> FileHandle {
        for folder in folders { try Storage.makeFolder(folder, mode: 0o711, owner: nil) }
        let owner = reader.map { ServerUser(name: "root", uid: 0, gid: $0.gid) }
        try Storage.writeAtomically(Data(), to: path, mode: owner == nil ? 0o600 : 0o640, owner: owner)
        return try FileHandle(forWritingTo: URL(filePath: path))
    }

    private func write(
        _ next: @Sendable () async throws -> Data?, to file: FileHandle, on pool: BlockingPool
    ) async throws {
        var hash = SHA256()
        var size: Int64 = 0
        while let piece = try await next() {
            size += Int64(piece.count)
            guard size <= Self.largest.bytes else {
                throw Problem(.bodyTooLarge, "the source is larger than \(Self.largest)")
            }
            hash.update(data: piece)
            try await pool.run { try file.write(contentsOf: piece) }
        }
        let found = hash.finalize().hexadecimal
        guard found == digest.rawValue else {
            throw Problem(.bodyInvalid, "the source's SHA-256 is \(found), not \(digest)")
        }
    }
}
