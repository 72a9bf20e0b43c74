import Foundation
import RoostModel

extension PostgreSQL {
    package func builds() -> [EngineBuild] {
        let found = places().compactMap { build(programs: $0.programs, root: $0.root, origin: $0.origin) }
        // If two places hold the same version, the added one wins: no upgrade of the system's packages removes it.
        return found.reduce(into: [EngineBuild]()) { kept, build in
            if !kept.contains(where: { $0.identity == build.identity }) { kept.append(build) }
        }.sorted { $0.identity.version > $1.identity.version }
    }

    private struct Place {
        let programs: String
        let root: String
        let origin: String
    }

    /// Every folder that may hold a server: Debian keeps each major version in its own folder.
    private func places() -> [Place] {
        let files = FileManager.default
        // If the folder cannot be listed, nothing is installed or added there.
        func names(_ folder: String) -> [String] { ((try? files.contentsOfDirectory(atPath: folder)) ?? []).sorted() }
        func majors(_ root: String, _ origin: String) -> [Place] {
            names("\(root)/lib/postgresql").map {
                Place(programs: "\(root)/lib/postgresql/\($0)/bin", root: root, origin: origin)
            }
        }
        let others = added.roots().flatMap { root, origin -> [Place] in
            let plain = [root, "\(root)/usr"].map { Place(programs: "\($0)/bin", root: $0, origin: origin) }
            return plain + majors(root, origin) + majors("\(root)/usr", origin)
        }
        return others + majors("/usr", "system package")
    }

    private static let programs = ["postgres", "initdb", "psql", "pg_dump", "pg_restore", "pg_basebackup"]

    private func build(programs folder: String, root: String, origin: String) -> EngineBuild? {
        let programs = Self.programs.reduce(into: [String: String]()) { programs, name in
            let path = "\(folder)/\(name)"
            if FileManager.default.isExecutableFile(atPath: path) { programs[name] = path }
        }
        guard let server = programs["postgres"], programs["initdb"] != nil,
            let version = inspected.version(server, root: root)
        else { return nil }
        return EngineBuild(
            identity: EngineIdentity(name: family.name, version: version), programs: programs,
            folders: extensionFolder(folder, root: root, major: version.components[0]).map { ["extensions": $0] }
                ?? [:],
            // Debian's own `psql` in every path takes the newest version there is; this folder has the service's
            // version.
            origin: origin, programFolders: [folder])
    }

    /// The folder of the extensions' control files: a release is compiled for one of these places, relative to its
    /// programs.
    private func extensionFolder(_ programs: String, root: String, major: Int) -> String? {
        let candidates = [
            "\(root)/share/postgresql/\(major)/extension", "\(programs)/../share/extension",
            "\(programs)/../share/postgresql/extension",
        ]
        // Every release has this file.
        return candidates.first { FileManager.default.fileExists(atPath: "\($0)/plpgsql.control") }
    }

    /// `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)` → 15.20
    static func version(_ output: String) -> EngineVersion? {
        guard let match = output.firstMatch(of: /\(PostgreSQL\) (\d+(\.\d+)*)(?=\s|$)/) else { return nil }
        return EngineVersion(String(match.1)).flatMap { ($0.components.first ?? 0) >= 15 ? $0 : nil }
    }
}
