import Foundation
import RoostModel

extension MongoDB {
    package func check(
        config: [String: String], memory: ByteCount, build: EngineBuild
    ) async throws(EngineError) {
        guard !config.isEmpty else { return }
        let refusals = MongoDBSettingRules.refusals(config) + MongoDBSettingRules.clashes(config)
        guard refusals.isEmpty else { throw .configRefused(refusals) }
        if let words = try await complaint(config, memory, build) { throw .configRefused([words]) }
        // An option without a section is no server setting: it tells the program what to do.
        let actions = config.keys.filter { !$0.contains(".") }.sorted()
        if !actions.isEmpty { throw .configRefused(actions.map { "\($0): Roost controls how the server starts" }) }
    }

    /// The engine's complaint about a configuration when it reads it, checks every option and parameter, and then
    /// finds no data directory. Nil if only the data directory was missing.
    private func complaint(
        _ config: [String: String], _ memory: ByteCount, _ build: EngineBuild
    ) async throws(EngineError) -> String? {
        guard let server = build.programs["mongod"] else { throw .programMissing("mongod") }
        let folder: PrivateFolder
        do { folder = try PrivateFolder() } catch {
            throw .notReachable("no temporary folder could be created: \(error)")
        }
        defer { folder.remove() }
        guard let plan = standIn(config, memory, folder: folder.path) else { return nil }
        let launch = launch(plan, build: build)
        do {
            try folder.write(launch.files.merging(launch.privateFiles) { _, own in own })
            try folder.protect(Array(launch.privateFiles.keys))
        } catch {
            throw .notReachable("the settings could not be written: \(error)")
        }
        let outcome = try await ShortCommand(
            program: server, arguments: launch.arguments, environment: launch.environment, patience: .seconds(20)
        ).run()
        return Self.words(outcome.output + "\n" + outcome.errors, ending: outcome.ending)
    }

    /// The engine's refusal: a plain line if it could not read an option, otherwise the error in its log. Nil if only
    /// the data directory was missing.
    static func words(_ output: String, ending: String) -> String? {
        var plain: [String] = []
        for line in output.split(whereSeparator: \.isNewline).map(String.init) {
            guard line.hasPrefix("{"), let entry = try? BSONDocument(json: line) else {  // No entry of its log.
                plain.append(line)
                continue
            }
            guard ["E", "F"].contains(entry["s"]?.text) else { continue }
            switch entry["attr"]?.document?["error"] {
            case .string(let words) where words.hasPrefix("NonExistentPath"): return nil
            case .string(let words): return words
            case .document(let error): return error["errmsg"]?.text ?? error.json
            case nil, .null, .bool, .int, .double, .array: return entry["msg"]?.text ?? line
            }
        }
        let telling = plain.first { !$0.hasPrefix("try '") }
        return telling ?? "the server exited: \(ending)"
    }

    /// The plan of a server that never starts: only its settings are read.
    private func standIn(_ config: [String: String], _ memory: ByteCount, folder: String) -> ServerPlan? {
        guard let port = PortNumber(27017) else { return nil }
        let id = InstanceID(ServiceID(ApplicationName(checked: "check"), ServiceName(checked: "data")), 0)
        return ServerPlan(
            instance: id, settings: ServiceSettings(memory: memory, config: config),
            folders: ServerFolders(data: "\(folder)/none", configuration: folder, run: folder, logs: folder),
            internalPort: port, routerAddress: RouterAddress(host: "127.0.0.1", port: port), serverID: 1, domainID: 1,
            applicationUser: family.applicationUser, applicationPassword: "", previousPassword: nil,
            administrationPassword: "noSecretOfAnybody", databases: [], certificate: nil)
    }
}

extension PrivateFolder {
    /// Makes files readable by their owner only.
    func protect(_ names: [String]) throws {
        for name in names {
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(path)/\(name)")
        }
    }
}
