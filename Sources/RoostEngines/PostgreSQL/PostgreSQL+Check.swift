import Foundation
import RoostModel

extension PostgreSQL {
    package func check(
        config: [String: String], memory: ByteCount, build: EngineBuild
    ) async throws(EngineError) {
        guard !config.isEmpty else { return }
        let refusals = PostgreSQLSettingRules.refusals(config, memory: memory)
        guard refusals.isEmpty else { throw .configRefused(refusals) }
        var words: [String] = []
        var left = config
        // The engine checks values only once it knows all names, so unknown names are left out of the next round. Each
        // round leaves out at least one name.
        while !left.isEmpty {
            let complaints = try await complaints(left, memory, build)
            words += complaints.filter { !words.contains($0) }
            let unknown = complaints.compactMap(PostgreSQLComplaint.unknownName)
            let known = left.filter { !unknown.contains(PostgreSQLSettingRules.normalised($0.key)) }
            guard known.count < left.count else { break }
            left = known
        }
        if !words.isEmpty { throw .configRefused(words) }
    }

    package func check(extensions: [String], build: EngineBuild) throws(EngineError) {
        guard let folder = build.folders["extensions"] else {
            throw .extensionsRefused(["the extension folder of \(build.identity) is unknown"])
        }
        let refusals = PostgreSQLExtensions.refusals(
            extensions, of: build.identity, isPackaged: folder.hasPrefix("/usr/")
        ) {
            FolderEntry.exists("\(folder)/\($0).control", isFolder: false)
        }
        guard refusals.isEmpty else { throw .extensionsRefused(refusals) }
    }

    /// Complaints of the engine when it reads a configuration without starting.
    private func complaints(
        _ config: [String: String], _ memory: ByteCount, _ build: EngineBuild
    ) async throws(EngineError) -> [String] {
        guard let server = build.programs["postgres"] else { throw .programMissing("postgres") }
        let folder: PrivateFolder
        do { folder = try PrivateFolder() } catch {
            throw .notReachable("no temporary folder could be created: \(error)")
        }
        defer { folder.remove() }
        guard let plan = standIn(config, memory, folder: folder.path) else { return [] }
        let launch = launch(plan, build: build)
        do { try folder.write(launch.files.merging(launch.bootFiles) { _, boot in boot }) } catch {
            throw .notReachable("the settings could not be written: \(error)")
        }
        let outcome = try await ShortCommand(
            // Must come first: the only option with which the server also runs as root.
            program: server, arguments: ["-C", "max_connections"] + launch.arguments, environment: launch.environment,
            patience: .seconds(20)
        ).run()
        if outcome.succeeded { return [] }
        let words = PostgreSQLComplaint.read(outcome.errors)
        return words.isEmpty ? ["the server exited: \(outcome.ending)"] : words
    }

    /// The plan of a server that never starts: only its settings are read.
    private func standIn(_ config: [String: String], _ memory: ByteCount, folder: String) -> ServerPlan? {
        guard let port = PortNumber(5432) else { return nil }
        let id = InstanceID(ServiceID(ApplicationName(checked: "check"), ServiceName(checked: "data")), 0)
        return ServerPlan(
            instance: id, settings: ServiceSettings(memory: memory, config: config),
            folders: ServerFolders(data: folder, configuration: folder, run: folder, logs: folder),
            internalPort: port, routerAddress: RouterAddress(host: "127.0.0.1", port: port), serverID: 1, domainID: 1,
            applicationUser: family.applicationUser, applicationPassword: "", previousPassword: nil,
            administrationPassword: "",
            databases: [], certificate: nil)
    }
}

/// The engine's messages about a settings file. Pure.
enum PostgreSQLComplaint {
    /// Complaints, one for each setting, in the engine's order, with the hint that follows:
    /// `… LOG:  invalid value for parameter "log_statement": "some"`, `… HINT:  Available values: none, ddl, mod, all.`
    static func read(_ output: String) -> [String] {
        var words: [String] = []
        for line in output.split(whereSeparator: \.isNewline) {
            guard let match = line.firstMatch(of: #/ (LOG|HINT|DETAIL|FATAL|ERROR): +(.*)/#) else { continue }
            let text = String(match.2)
            switch match.1 {
            case "HINT", "DETAIL":
                if let last = words.popLast() { words.append("\(last) (\(text))") }
            case "FATAL" where text.contains("contains errors"): continue
            case "LOG" where text.hasPrefix("skipping missing configuration file"): continue
            default: words.append(withoutPlace(text))
            }
        }
        return words
    }

    /// `unrecognized configuration parameter "bogus" in file "…/server.conf" line 2` → `bogus`
    static func unknownName(_ complaint: String) -> String? {
        complaint.wholeMatch(of: /unrecognized configuration parameter "(.+)"/).map { String($0.1).lowercased() }
    }

    /// The generated file and its line numbers mean nothing to the author of the build file.
    private static func withoutPlace(_ text: String) -> String {
        text.replacing(#/ in file ".*" line \d+/#, with: "")
    }
}
