import Foundation
import RoostModel

extension MongoDB {
    package func builds() -> [EngineBuild] {
        let system = build("/usr/bin/mongod", root: "/usr", origin: "system package")
        let others = added.roots().map { root, origin in
            server(in: root).flatMap { build($0, root: root, origin: origin) }
        }
        // If two places hold the same version, the added one wins: no upgrade of the system's packages removes it.
        return (others + [system]).compactMap { $0 }.reduce(into: [EngineBuild]()) { kept, build in
            if !kept.contains(where: { $0.identity == build.identity }) { kept.append(build) }
        }.sorted { $0.identity.version > $1.identity.version }
    }

    private func build(_ program: String, root: String, origin: String) -> EngineBuild? {
        guard FileManager.default.isExecutableFile(atPath: program),
            let version = inspected.version(program, root: root)
        else { return nil }
        let folder = (program as NSString).deletingLastPathComponent
        return EngineBuild(
            identity: EngineIdentity(name: family.name, version: version), programs: ["mongod": program],
            origin: origin, programFolders: root == "/usr" ? [] : [folder])
    }

    /// A `mongod` in an added folder: in `bin`, or directly in the folder, or at most three folders down, as vendors
    /// pack it.
    private func server(in root: String) -> String? {
        let usual = ["bin/mongod", "mongod"].map { "\(root)/\($0)" }
        if let found = usual.first(where: FileManager.default.isExecutableFile) { return found }
        guard let walk = FileManager.default.enumerator(atPath: root) else { return nil }
        for case let path as String in walk {
            let depth = path.split(separator: "/").count
            if depth >= 4 { walk.skipDescendants() }
            if depth <= 4, path.hasSuffix("/mongod"), FileManager.default.isExecutableFile(atPath: "\(root)/\(path)") {
                return "\(root)/\(path)"
            }
        }
        return nil
    }

    /// `db version v6.0.5` in the first line.
    static func version(_ output: String) -> EngineVersion? {
        guard let line = output.split(whereSeparator: \.isNewline).first,
            let match = line.wholeMatch(of: /db version v([0-9.]+)(-.*)?/)
        else { return nil }
        return EngineVersion(String(match.1))
    }
}
