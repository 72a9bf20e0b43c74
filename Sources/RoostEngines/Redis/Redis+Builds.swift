import Foundation
import RoostModel

extension Redis {
    package func builds() -> [EngineBuild] {
        let system = build(root: "/usr", folders: ["/usr/bin", "/usr/local/bin"], origin: "system package")
        let others = added.roots().map { root, origin in
            // A folder with a single binary is accepted.
            build(root: root, folders: ["\(root)/bin", "\(root)/usr/bin", root], origin: origin)
        }
        // If two places hold the same version, the added one wins: no upgrade of the system's packages removes it.
        return (others + [system]).compactMap { $0 }.reduce(into: [EngineBuild]()) { kept, build in
            if !kept.contains(where: { $0.identity == build.identity }) { kept.append(build) }
        }.sorted { $0.identity.version > $1.identity.version }
    }

    private func build(root: String, folders: [String], origin: String) -> EngineBuild? {
        let programs = [flavour.server, flavour.client].reduce(into: [String: String]()) { programs, name in
            programs[name] = folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
        }
        // Older versions lack the accounts and the log that Roost relies on.
        guard let server = programs[flavour.server], let version = versions.version(server, root: root),
            version.components[0] >= 7
        else { return nil }
        return EngineBuild(
            identity: EngineIdentity(name: family.name, version: version), programs: programs, origin: origin,
            // The system's programs are in every path, possibly behind folders that the caller prefers.
            programFolders: root == "/usr" ? [] : folders.filter { FolderEntry.exists($0, isFolder: true) })
    }

    /// `Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64`. A Valkey can also be installed under
    /// Redis's name; its title tells.
    static func version(_ answer: String, title: String) -> EngineVersion? {
        guard answer.hasPrefix("\(title) server v=") else { return nil }
        return EngineVersion(String(answer.dropFirst("\(title) server v=".count).prefix { $0.isNumber || $0 == "." }))
    }
}
