import Foundation
import RoostAgentProtocol

/// The folder whose dumps become templates by themselves.
struct DumpFolder: Sendable {
    /// A file that changed less than this long ago may still be written to.
    private static let quiet: TimeInterval = 2
    private static let endings = [".sql", ".dump", ".tar", ".rdb", ".archive"].flatMap { ending in
        ["", ".gz", ".zst", ".xz", ".bz2"].map { ending + $0 }
    }

    let path: String
    /// Service type of the dumps that lie directly in the folder. Nil: such dumps are ignored.
    let typeOfFlat: String?

    func settled(now: Date = Date()) -> [WatchedDump] {
        let flat = typeOfFlat.map { type in
            names(path).compactMap { found("\(path)/\($0)", type, isFlat: true, now) }
        }
        return (flat ?? [])
            + names(path).flatMap { type in
                names("\(path)/\(type)").compactMap { found("\(path)/\(type)/\($0)", type, isFlat: false, now) }
            }
    }

    private func found(_ path: String, _ type: String, isFlat: Bool, _ now: Date) -> WatchedDump? {
        let file = (path as NSString).lastPathComponent
        guard let ending = Self.endings.last(where: { file.hasSuffix($0) }), !file.hasPrefix(".") else { return nil }
        // A file that is gone or cannot be read makes no template.
        let changed = (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
        guard let changed, now.timeIntervalSince(changed) > Self.quiet else { return nil }
        return WatchedDump(type: type, isFlat: isFlat, name: String(file.dropLast(ending.count)), path: path)
    }

    private func names(_ folder: String) -> [String] {
        // A missing folder holds no dumps.
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }
}
