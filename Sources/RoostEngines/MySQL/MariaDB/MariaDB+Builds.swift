import Foundation
import RoostModel

extension MariaDB {
    package func builds() -> [EngineBuild] {
        let roots = added.all(of: family.name).map { ($0.root, $0.build.origin) } + [("/usr", "system package")]
        let found = roots.compactMap { build(root: $0, origin: $1) }
        // If a version is both added and a system package, the added build is kept: no package upgrade removes it.
        return found.reduce(into: [EngineBuild]()) { kept, build in
            if !kept.contains(where: { $0.identity == build.identity }) { kept.append(build) }
        }.sorted { $0.identity.version > $1.identity.version }
    }

    private static let programs = [
        "mariadbd", "mariadb", "mariadb-dump", "mariadb-install-db", "mariadb-tzinfo-to-sql", "mariadb-upgrade",
        "mariadb-backup",
    ]

    private func build(root: String, origin: String) -> EngineBuild? {
        let folders = ["sbin", "bin", "scripts", "libexec"].map { "\(root)/\($0)" }
        let programs = Self.programs.reduce(into: [String: String]()) { programs, name in
            programs[name] = folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
        }
        guard let server = programs["mariadbd"], programs["mariadb-install-db"] != nil,
            let facts = inspected.facts(server, root: root)
        else { return nil }
        return EngineBuild(
            identity: EngineIdentity(name: family.name, version: facts.version), programs: programs,
            folders: facts.folders, origin: origin,
            // Every PATH contains the system's folders already; the caller may have put other folders before them.
            programFolders: root == "/usr" ? [] : folders.filter { FolderEntry.exists($0, isFolder: true) })
    }

    static func inspectedPrograms() -> InspectedPrograms {
        InspectedPrograms(
            arguments: { ["--no-defaults", "--basedir=\($0)", "--help", "--verbose"] }, read: { help, _ in facts(help) }
        )
    }

    /// Parses the table of built-in values at the end of `mariadbd --help --verbose`, which takes about 60 ms.
    static func facts(_ help: String) -> InspectedPrograms.Facts? {
        let wanted: Set<Substring> = ["version", "basedir", "plugin-dir", "character-sets-dir"]
        var values: [String: String] = [:]
        for line in help.split(whereSeparator: \.isNewline) {
            // No regular expression: it would be parsed anew for each of about 2,000 lines.
            let name = line.prefix { $0 != " " }
            let value = line[name.endIndex...].drop { $0 == " " }
            guard wanted.contains(name), !value.isEmpty else { continue }
            values[SettingText.normalised(String(name))] = String(value)
        }
        // `10.11.19-MariaDB-0+deb12u1`; other servers of the family do not contain MariaDB.
        guard let text = values.removeValue(forKey: "version"), text.contains("MariaDB"),
            let version = EngineVersion(String(text.prefix { $0 != "-" }))
        else { return nil }
        return InspectedPrograms.Facts(
            version: version, folders: values.mapValues { $0.count > 1 && $0.last == "/" ? String($0.dropLast()) : $0 })
    }
}
