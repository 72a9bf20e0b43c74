import Foundation
import RoostModel

extension Redis {
    package func check(
        config: [String: String], memory: ByteCount, build: EngineBuild
    ) async throws(EngineError) {
        guard !config.isEmpty else { return }
        let refusals = RedisSettingRules.refusals(config, memory: memory)
        guard refusals.isEmpty else { throw .configRefused(refusals) }
        let words = try await complaints(config, memory, build)
        if !words.isEmpty { throw .configRefused(words) }
    }

    /// The server's complaint about each setting that it refuses. The server stops at the first one, so it is asked
    /// again without that setting, until it would start.
    private func complaints(
        _ config: [String: String], _ memory: ByteCount, _ build: EngineBuild
    ) async throws(EngineError) -> [String] {
        var left = config
        var complaints: [String] = []
        while true {
            switch RedisSettingRules.verdict(try await answer(left, memory, build)) {
            case .taken: return complaints
            case .refused(let setting, let words):
                guard left.removeValue(forKey: setting) != nil else {
                    // A setting of Roost's own: a lower `maxclients` than requested is harmless, any other refusal is
                    // reported.
                    return setting == "maxclients" ? complaints : complaints + ["\(setting): \(words)"]
                }
                complaints.append("\(setting): \(words)")
            case .unclear(let words) where words.hasPrefix("Module Configuration detected"):
                // Redis 8 takes an unknown setting for a module's, and does not say which one.
                let count = left.count
                for (name, value) in left.sorted(by: { $0.key < $1.key }) {
                    let verdict = RedisSettingRules.verdict(try await answer([name: value], memory, build))
                    guard verdict == .unclear(words) else { continue }
                    left[name] = nil
                    complaints.append("\(name): Bad directive or wrong number of arguments")
                }
                if left.count == count { return complaints + [words] }
            case .unclear(let words): return complaints + [words]
            }
        }
    }

    /// Runs the same release with the same file, but with nowhere to listen. The server then ends by itself after
    /// reading all settings and before reading any data.
    private func answer(
        _ config: [String: String], _ memory: ByteCount, _ build: EngineBuild
    ) async throws(EngineError) -> String {
        let folder: PrivateFolder
        do { folder = try PrivateFolder() } catch {
            throw .notReachable("no temporary folder could be created: \(error)")
        }
        defer { folder.remove() }
        guard let plan = standIn(config, memory, folder: folder.path) else { return "" }
        let launch = launch(plan, build: build)
        var files = launch.files.merging(launch.bootFiles) { file, _ in file }
        files[RedisConfiguration.serverFile, default: ""] += RedisConfiguration.nowhere
        do { try folder.write(files) } catch {
            throw .notReachable("the settings could not be written: \(error)")
        }
        let outcome = try await ShortCommand(
            program: launch.program, arguments: launch.arguments, environment: launch.environment,
            patience: .seconds(20)
        ).run()
        return outcome.errors + outcome.output
    }

    /// The plan of a server that never starts: only its settings are read.
    private func standIn(_ config: [String: String], _ memory: ByteCount, folder: String) -> ServerPlan? {
        guard let port = PortNumber(6379) else { return nil }
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
