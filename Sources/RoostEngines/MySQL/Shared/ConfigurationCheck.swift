import Foundation
import RoostModel

/// Checks whether a build of the MySQL family accepts the user's settings, without starting a server.
struct ConfigurationCheck {
    /// `mysqld`
    let program: String
    /// The launch of a server with these settings.
    let launch: @Sendable (_ plan: ServerPlan) -> Launch
    /// Arguments that make the program read its settings and exit.
    let arguments: [String]
    let applicationUser: String
    /// The complaint about the user's settings in a line of the program's output. Nil if the line is about something
    /// else.
    let complaint: (_ line: String) -> String?

    func run(_ config: [String: String], memory: ByteCount) async throws(EngineError) {
        let words = try await complaints(config, memory)
        guard !words.isEmpty else { return }
        // Complaints that this host causes about Roost's own settings are not the user's fault.
        let usual = try await complaints([:], memory)
        let own = words.filter { !usual.contains($0) }
        if !own.isEmpty { throw .configRefused(own) }
    }

    /// The program's complaints about a configuration, without starting a server.
    private func complaints(_ config: [String: String], _ memory: ByteCount) async throws(EngineError) -> [String] {
        let folder: PrivateFolder
        do { folder = try PrivateFolder() } catch {
            throw .notReachable("no temporary folder could be created: \(error)")
        }
        defer { folder.remove() }
        guard let plan = standIn(config, memory, folder: folder.path) else { return [] }
        let launch = launch(plan)
        do { try folder.write(launch.files) } catch {
            throw .notReachable("the settings could not be written: \(error)")
        }
        let outcome = try await ShortCommand(
            program: program, arguments: launch.arguments + arguments, environment: launch.environment,
            patience: .seconds(20)
        ).run()
        let words = outcome.errors.split(whereSeparator: \.isNewline).compactMap { complaint(Self.plain($0)) }
        if words.isEmpty, !outcome.succeeded { return ["the server exited: \(outcome.ending)"] }
        return words.reduce(into: []) { kept, word in
            if !kept.contains(word) { kept.append(word) }
        }
    }

    /// Removes control characters: one of MariaDB's messages contains a BEL.
    private static func plain(_ line: Substring) -> String {
        String(line.unicodeScalars.filter { $0.properties.generalCategory != .control }.map(Character.init))
    }

    /// The plan of a server that is never started: the program only reads its settings.
    private func standIn(_ config: [String: String], _ memory: ByteCount, folder: String) -> ServerPlan? {
        guard let port = PortNumber(3306) else { return nil }
        let id = InstanceID(ServiceID(ApplicationName(checked: "check"), ServiceName(checked: "data")), 0)
        return ServerPlan(
            instance: id, settings: ServiceSettings(memory: memory, config: config),
            folders: ServerFolders(data: folder, configuration: folder, run: folder, logs: folder),
            internalPort: port, routerAddress: RouterAddress(host: "127.0.0.1", port: port), serverID: 1, domainID: 1,
            applicationUser: applicationUser, applicationPassword: "", previousPassword: nil,
            administrationPassword: "",
            databases: [], certificate: nil)
    }
}
