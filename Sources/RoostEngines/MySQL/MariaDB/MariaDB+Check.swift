import Foundation
import RoostModel

extension MariaDB {
    package func check(
        config: [String: String], memory: ByteCount, build: EngineBuild
    ) async throws(EngineError) {
        guard !config.isEmpty else { return }
        let refusals = MariaDBSettingRules.refusals(config, memory: memory, hasZone: TimeZones.exist)
        guard refusals.isEmpty else { throw .configRefused(refusals) }
        guard let server = build.programs["mariadbd"] else { throw .programMissing("mariadbd") }
        let check = ConfigurationCheck(
            program: server, launch: { launch($0, build: build) }, arguments: ["--help", "--verbose"],
            applicationUser: family.applicationUser, complaint: { Self.complaint($0, server) })
        try await check.run(config, memory: memory)
    }

    /// `2026-11-21  7:17:01 0 [ERROR] Buffered error: /usr/sbin/mariadbd: unknown variable 'x=1'` becomes `unknown
    /// variable 'x=1'`.
    private static func complaint(_ line: String, _ program: String) -> String? {
        var words = line
        if let stamp = words.prefixMatch(of: #/\d{4}-\d\d-\d\d +\d+:\d\d:\d\d \d+ \[(\w+)\] /#) {
            guard stamp.1 != "Note" else { return nil }
            words.removeSubrange(stamp.range)
        }
        for prefix in ["Buffered error: ", "Buffered warning: ", "\(program): "] where words.hasPrefix(prefix) {
            words.removeFirst(prefix.count)
        }
        // The warning is about the limit of roostd's open files, not the server's.
        return words.hasPrefix("Could not increase number of max_open_files") || words.isEmpty ? nil : words
    }
}

/// A folder for a few generated files that only one program reads.
struct PrivateFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "roost-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        path = url.path(percentEncoded: false)
    }

    func write(_ files: [String: String]) throws {
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
        }
    }

    func remove() {
        // A remaining folder would hold settings of a build file, no secrets, until the host clears its temporary
        // files.
        try? FileManager.default.removeItem(atPath: path)
    }
}
