import Foundation
import RoostModel
import Synchronization

/// The record of an added release: `engine.json` in its folder, written last. A folder without it is no release.
package struct AddedBuild: Codable, Equatable, Sendable {
    package static let file = "engine.json"
    package static let currentFormat = 1

    package let format: Int
    package let engine: EngineIdentity
    /// The name of the file or folder that it came from.
    package let source: String
    /// SHA-256 of the original file; for a folder, of its content.
    package let sourceDigest: String
    /// SHA-256 of the installed names, kinds and bytes: equal for equal content, whatever it came from.
    package let contentDigest: String
    package let sizeBefore: ByteCount
    package let size: ByteCount
    package let addedAt: Date
    /// Kinds of removed files with their numbers: `static libraries: 12`.
    package let removed: [String]

    package init(
        engine: EngineIdentity, source: String, sourceDigest: String, contentDigest: String, sizeBefore: ByteCount,
        size: ByteCount, addedAt: Date, removed: [String]
    ) {
        format = Self.currentFormat
        self.engine = engine
        self.source = source
        self.sourceDigest = sourceDigest
        self.contentDigest = contentDigest
        self.sizeBefore = sizeBefore
        self.size = size
        self.addedAt = addedAt
        self.removed = removed
    }

    /// The origin in `engine ls`.
    package var origin: String { "added from \(source)" }
}

/// The releases that were added to a home: `<folder>/<name>@<version>/`, only complete ones.
package final class AddedBuilds: Sendable {
    private struct Stamp: Equatable {
        let inode: UInt64
        let size: Int64
        let seconds: Int
        let nanoseconds: Int
    }

    package let folder: String
    /// A cache: each record is read once as long as its file stays the same, because every probe of an instance asks.
    private let known = Mutex<[String: (stamp: Stamp, build: AddedBuild?)]>([:])

    package init(folder: String) { self.folder = folder }

    package func root(_ engine: EngineIdentity) -> String { "\(folder)/\(engine)" }

    /// The added releases of one family, newest first, each with its folder.
    package func all(of family: String) -> [(root: String, build: AddedBuild)] {
        // If the folder cannot be listed, nothing was added.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { name in
            guard let engine = EngineIdentity(name), engine.name == family else { return nil }
            return build(engine).map { (root(engine), $0) }
        }.sorted { $0.build.engine.version > $1.build.engine.version }
    }

    /// Every folder that may hold a release, with its origin: releases that were added, and folders that users put
    /// there themselves. Work in progress has hidden names.
    package func roots() -> [(root: String, origin: String)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().filter { !$0.hasPrefix(".") }.map { name in
            let record = EngineIdentity(name).flatMap { build($0) }
            return ("\(folder)/\(name)", record?.origin ?? name)
        }
    }

    /// Nil if the release was not added, or is incomplete.
    package func build(_ engine: EngineIdentity) -> AddedBuild? {
        let path = "\(root(engine))/\(AddedBuild.file)"
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let stamp = Stamp(
            inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
        if let entry = known.withLock({ $0[path] }), entry.stamp == stamp { return entry.build }
        let build = Self.read(path).flatMap { $0.engine == engine ? $0 : nil }
        known.withLock { $0[path] = (stamp, build) }
        return build
    }

    private static func read(_ path: String) -> AddedBuild? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        // A record that cannot be read, or of a newer Roost, is not used; its folder stays as it is.
        let build = try? JSON.decode(AddedBuild.self, from: data)
        return build.flatMap { $0.format <= AddedBuild.currentFormat ? $0 : nil }
    }
}
