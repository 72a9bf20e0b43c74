import Foundation
import RoostHost
import RoostModel

/// The files of a home, and the threads for blocking work on them.
struct HomeDisk: Sendable {
    let paths: HomePaths
    /// Threads for short work on files.
    let pool: BlockingPool
    /// Threads for work on whole directories: copies, removals, sizes.
    let bulk: BlockingPool

    // MARK: Errors

    /// Runs a step. Its error names the step that failed.
    func naming<Value>(_ step: String, _ work: () throws -> Value) throws(HostFailure) -> Value {
        do {
            return try work()
        } catch HostError.noSpace(let path) {
            throw HostFailure("could not \(step): \(diskText(path)), which is too little")
        } catch {
            throw HostFailure("could not \(step): \(error)")
        }
    }

    // MARK: Free space

    private static let nearlyFull = ByteCount.mebibytes(8)

    /// Clause on a disk: `the disk of /var/lib/roost has 1.2M of 700M left`. `folder` may not be there yet.
    func diskText(_ folder: String) -> String {
        let root = paths.places.last { folder.hasPrefix($0.root + "/") }?.root ?? paths.home
        // If free space cannot be read, the clause has no figures.
        guard let space = try? Storage.space(at: root) else { return "the disk of \(root) is full" }
        return "the disk of \(root) has \(space.free.rounded) of \(space.size.rounded) left"
    }

    /// Clause on an instance's full disk, with the figures. Nil if the disk is not full.
    func diskFault(_ id: InstanceID) -> String? {
        let folder = paths.place(of: id).root
        // Other errors of the disk are reported by the step that meets them.
        guard let space = try? Storage.space(at: folder), space.free < Self.nearlyFull else { return nil }
        return "\(diskText(folder + "/")); free some space, and it goes on by itself"
    }

    // MARK: Folders

    /// Time since the last change of a file.
    static func age(of path: String) -> TimeInterval {
        // A file that cannot be looked at counts as new, and stays.
        let made = (try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date) ?? nil
        return made.map { Date().timeIntervalSince($0) } ?? 0
    }

    static func names(in folder: String) -> [String] {
        // A missing folder lists nothing.
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }
}

extension ByteCount {
    /// Text for people: `23.4G`.
    var rounded: String {
        let units: [(Int64, String)] = [(1 << 40, "T"), (1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")]
        guard let (size, name) = units.first(where: { bytes >= $0.0 }) else { return "\(bytes)" }
        let tenths = bytes * 10 / size
        return "\(tenths / 10).\(tenths % 10)\(name)"
    }
}
