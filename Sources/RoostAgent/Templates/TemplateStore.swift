import Foundation
import Glibc
import Logging
import RoostHost
import RoostModel

/// The versions of templates on the disks of this machine, finished and unfinished.
struct TemplateStore: Sendable {
    let disk: HomeDisk
    let logger: Logger

    private var paths: HomePaths { disk.paths }

    /// Writes the record of a version and gives its data their final name, which completes the version.
    func finish(_ record: TemplateRecord) async throws(HostFailure) {
        let version = paths.template(record.template.name, record.version.id)
        try await disk.pool.run {
            try disk.naming("finish the template") {
                try Storage.writeAtomically(try JSON.encode(record), to: version.record, mode: 0o600, owner: nil)
                try Storage.rename(from: "\(version.folder)/sealed", to: version.data)
            }
        }
    }

    func remove(_ name: TemplateName, version: String) async throws(HostFailure) {
        let folder = paths.template(name, version).folder
        guard let place = paths.places.first(where: { folder.hasPrefix($0.templates + "/") }) else { return }
        try await disk.bulk.run {
            try disk.naming("remove template \(name) \(version)") {
                try Storage.removeTree(folder, within: place.templates)
                // The template's folder is removed with its last version; rmdir leaves a folder that is not empty.
                if HomeDisk.names(in: "\(place.templates)/\(name)") == [Self.removedMark] {
                    unlink(mark(name, in: place))
                }
                rmdir("\(place.templates)/\(name)")
            }
        }
    }

    /// Name of the file that marks a removed template, beside its versions.
    private static let removedMark = "removed"

    private func mark(_ name: TemplateName, in place: Place) -> String {
        "\(place.templates)/\(name)/\(Self.removedMark)"
    }

    /// Marks a template whose versions are to be removed.
    func markRemoved(_ name: TemplateName) async throws(HostFailure) {
        try await disk.pool.run {
            for place in paths.places where FileManager.default.fileExists(atPath: "\(place.templates)/\(name)") {
                try disk.naming("mark the template as removed") {
                    try Storage.writeAtomically(Data(), to: mark(name, in: place), mode: 0o600, owner: nil)
                }
            }
        }
    }

    func unmarkRemoved(_ name: TemplateName) async throws(HostFailure) {
        try await disk.pool.run {
            for place in paths.places where FileManager.default.fileExists(atPath: mark(name, in: place)) {
                try disk.naming("mark the template as kept") {
                    try Storage.removeTree(mark(name, in: place), within: place.templates)
                }
            }
        }
    }

    func isMarkedRemoved(_ name: TemplateName) async -> Bool {
        paths.places.contains { FileManager.default.fileExists(atPath: mark(name, in: $0)) }
    }

    func versions() async throws(HostFailure) -> [TemplateRecord] {
        try await disk.pool.run { TemplateFolder(paths: paths).all() }
    }

    /// Removes unfinished versions that no document names.
    func sweepVersions(keeping known: [TemplateName: Set<String>]) async {
        for place in paths.places { await sweep(in: place, keeping: known) }
    }

    /// Removes versions that are unfinished, that is without `data`, and that no document names.
    private func sweep(in place: Place, keeping known: [TemplateName: Set<String>]) async {
        for name in HomeDisk.names(in: place.templates) {
            // The mark of a removed template stands beside its versions.
            for version in HomeDisk.names(in: "\(place.templates)/\(name)") where version != Self.removedMark {
                let paths = TemplatePaths(folder: "\(place.templates)/\(name)/\(version)")
                let isWhole = FileManager.default.fileExists(atPath: paths.data)
                let isKnown = TemplateName(rawValue: name).map { known[$0]?.contains(version) ?? false } ?? false
                if isWhole || isKnown { continue }
                do {
                    try await disk.bulk.run { try Storage.removeTree(paths.folder, within: place.templates) }
                } catch {
                    logger.warning(
                        "An incomplete template could not be removed",
                        metadata: ["path": "\(paths.folder)", "reason": "\(error)"])
                }
            }
        }
    }
}
