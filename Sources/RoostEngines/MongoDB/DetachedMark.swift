import Crypto
import Foundation
import RoostHost
import RoostModel

/// A mark in a directory that says it belongs to no replica set. The mark is valid as long as no server has run there
/// since.
///
/// The mark contains the digest of the engine's file list as of the last checkpoint, which each checkpoint rewrites,
/// and the names of the journal files: each start begins a new one before it serves clients (tried: a server killed in
/// each phase of its start). So a directory with later writes is never taken for a converted one, and the mark travels
/// with the directory's copies.
struct DetachedMark {
    private static let file = "roost-detached"
    let directory: String

    var stands: Bool {
        guard let fingerprint else { return false }
        return FolderEntry.text("\(directory)/\(Self.file)", atMost: 64 << 10) == fingerprint
    }

    func set(owner: ServerUser?) throws(EngineError) {
        guard let fingerprint else { throw .notReachable("\(directory) is not a MongoDB data directory") }
        do {
            try Storage.writeAtomically(
                Data(fingerprint.utf8), to: "\(directory)/\(Self.file)", mode: 0o600, owner: owner)
        } catch {
            throw .notReachable("\(directory) could not be marked: \(error)")
        }
    }

    private var fingerprint: String? {
        let journal = "\(directory)/journal"
        guard let list = FolderEntry.bytes("\(directory)/WiredTiger.turtle", atMost: 64 << 10),
            FolderEntry.exists(journal, isFolder: true),
            // If the journal is unreadable, the directory's state is unknown.
            let names = try? FileManager.default.contentsOfDirectory(atPath: journal)
        else { return nil }
        let logs = names.filter { $0.hasPrefix("WiredTigerLog.") }.sorted()
        let digest = SHA256.hash(data: list).map { String($0, radix: 16) }.joined(separator: ".")
        return ([digest] + logs).joined(separator: "\n") + "\n"
    }
}
