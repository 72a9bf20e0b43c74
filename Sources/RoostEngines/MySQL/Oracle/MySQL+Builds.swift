import Foundation
import RoostModel

extension MySQL {
    package func builds() -> [EngineBuild] {
        let found = (added.roots() + [(root: "/usr", origin: "system package")]).compactMap {
            build(root: $0.root, origin: $0.origin)
        }
        // If a version is both added and a system package, the added build is kept: no package upgrade removes it.
        return found.reduce(into: [EngineBuild]()) { kept, build in
            if !kept.contains(where: { $0.identity == build.identity }) { kept.append(build) }
        }.sorted { $0.identity.version > $1.identity.version }
    }

    private static let programs = ["mysqld", "mysql", "mysqldump", "mysqladmin", "mysql_tzinfo_to_sql"]

    private func build(root: String, origin: String) -> EngineBuild? {
        let folders = ["bin", "sbin", "libexec"].map { "\(root)/\($0)" }
        let programs = Self.programs.reduce(into: [String: String]()) { programs, name in
            programs[name] = folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
        }
        guard let server = programs["mysqld"], let facts = inspected.facts(server, root: root) else { return nil }
        return EngineBuild(
            identity: EngineIdentity(name: family.name, version: facts.version), programs: programs,
            folders: facts.folders, origin: origin,
            // Every PATH contains the system's folders already; the caller may have put other folders before them.
            programFolders: root == "/usr" ? [] : folders.filter { FolderEntry.exists($0, isFolder: true) })
    }

    static func inspectedPrograms() -> InspectedPrograms {
        InspectedPrograms(
            arguments: { _ in ["--no-defaults", "--version"] },
            read: { words, root in
                version(words).map { InspectedPrograms.Facts(version: $0, folders: layout(root)) }
            })
    }

    /// `/opt/bin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))`. MariaDB's server may have the same program
    /// name.
    static func version(_ words: String) -> EngineVersion? {
        guard !words.contains("MariaDB"), let match = words.firstMatch(of: #/ Ver ([0-9]+\.[0-9]+\.[0-9]+)/#),
            let version = EngineVersion(String(match.1)), let oldest = EngineVersion("8.4")
        else { return nil }
        return version < oldest ? nil : version
    }

    /// Locations of the files in a tree, in the vendor's or a distribution's layout. Each is passed to the server,
    /// which may run in a place that it was not built for, or be started by its own loader.
    static func layout(_ root: String) -> [String: String] {
        func first(_ folders: [String], holding entry: String) -> String? {
            folders.map { "\(root)/\($0)" }.first { FileManager.default.fileExists(atPath: "\($0)/\(entry)") }
        }
        let shares = ["share", "share/mysql", "share/mysql-8.4"]
        var layout = ["basedir": root]
        layout["lc_messages_dir"] = first(shares, holding: "english/errmsg.sys")
        layout["character_sets_dir"] = first(shares.map { "\($0)/charsets" }, holding: "Index.xml")
        layout["plugin_dir"] = first(
            ["lib/plugin", "lib/mysql/plugin", "lib64/mysql/plugin"], holding: "semisync_source.so")
        return layout
    }
}
