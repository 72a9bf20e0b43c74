import Foundation
import Logging
import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import RoostSecrets

/// Writes each application's `environment.json`, `environment.yml` and `.env`, one application at a time.
package actor EnvironmentFiles {
    private let records: Records
    private let paths: HomePaths
    private let catalog: EngineCatalog
    private let key: HomeKey
    private let publicHost: String
    private let logger: Logger
    /// The last write of each application's files; the next one waits for it.
    private var writes: [ApplicationName: Task<Void, Never>] = [:]

    package init(
        records: Records, paths: HomePaths, catalog: EngineCatalog, key: HomeKey, publicHost: String, logger: Logger
    ) {
        self.records = records
        self.paths = paths
        self.catalog = catalog
        self.key = key
        self.publicHost = publicHost
        self.logger = logger
    }

    /// Brings the files up to date with the store, or removes them with their application. A failure is logged: what was
    /// wished for is done all the same, and the next change or start writes them again.
    package func write(_ name: ApplicationName) async {
        // In turn, each reading the store when its turn comes: else one that read earlier could write last.
        let previous = writes[name]
        let task = Task {  // Awaited below.
            await previous?.value
            await writeNow(name)
        }
        writes[name] = task
        await task.value
        if writes[name] == task { writes[name] = nil }
    }

    private func writeNow(_ name: ApplicationName) async {
        if name.isOwn { return }
        do {
            let folder = paths.application(name)
            guard try await records.application(name) != nil else {
                return try Storage.removeTree(folder, within: paths.applications)
            }
            let variables = try await variables(name, EnvironmentView())
            try Storage.makeFolder(folder, mode: 0o700, owner: nil)
            for (file, format) in [
                ("environment.json", EnvironmentFormat.json), ("environment.yml", .yaml), (".env", .dotenv),
            ] {
                let data = Data(format.render(variables).utf8)
                let path = "\(folder)/\(file)"
                if FileManager.default.contents(atPath: path) == data { continue }
                try Storage.writeAtomically(data, to: path, mode: 0o600, owner: nil)
            }
            try await writeHomes(name)
        } catch {
            logger.error(
                "Environment files were not written", metadata: ["application": "\(name)", "reason": "\(error)"])
        }
    }

    /// The application's custom services find them in their own home folders, by Roost's names and by dotCloud's.
    private func writeHomes(_ name: ApplicationName) async throws {
        let custom = try await records.services(of: name).map(\.value).filter { $0.custom != nil }
        guard !custom.isEmpty else { return }
        let own = try await variables(name, EnvironmentView())
        let all = own + own.map { ("DOTCLOUD_\($0.name)", $0.value) } + [("DOTCLOUD_PROJECT", "\(name)")]
        let data = Data(EnvironmentFormat.json.render(all).utf8)
        let lines = Data(EnvironmentFormat.shell.render(own.map { ("DOTCLOUD_\($0.name)", $0.value) }).utf8)
        for (template, data) in [(paths.customEnvironment(name), data), (paths.customVariables(name), lines)]
        where FileManager.default.contents(atPath: template) != data {
            try Storage.writeAtomically(data, to: template, mode: 0o600, owner: nil)
        }
        for service in custom {
            for instance in service.instances {
                let paths = paths.instance(InstanceID(service.id, instance.index))
                // Where nothing is laid out yet, laying out brings it.
                guard FileManager.default.fileExists(atPath: paths.homeImage) else { continue }
                let owner = Machine.isRoot ? service.custom?.user : nil
                try Storage.writeAtomically(data, to: "\(paths.home)/environment.json", mode: 0o600, owner: owner)
                let variables = "\(paths.home)/\(CustomProgram.variablesFile)"
                try Storage.writeAtomically(lines, to: variables, mode: 0o600, owner: owner)
            }
        }
    }

    package nonisolated func variables(
        _ name: ApplicationName, _ view: EnvironmentView
    ) async throws(Problem) -> [(name: String, value: String)] {
        let order = try await records.application(name)?.value.order ?? []
        let services = try await records.services(of: name).map(\.value)
        var connections: [Connection] = []
        for service in order {
            guard let found = services.first(where: { $0.id.service == service }) else { continue }
            connections.append(try connection(found))
        }
        return EnvironmentVariables.make(services: connections, view: view)
    }

    /// How clients reach a service.
    package nonisolated func connection(_ service: Service) throws(Problem) -> Connection {
        let family = catalog.engine(named: service.engine.name)?.family
        let requiresTLS = service.settings.expose == .network
        return Connection(
            service: service.clone?.variableName ?? service.id.service,
            infix: family?.variableInfix ?? "\(service.type)".uppercased(),
            urlScheme: (requiresTLS ? family?.tlsURLScheme : nil) ?? family?.urlScheme ?? "\(service.type)",
            urlQuery: family?.urlQuery.text(of: service.id, requiresTLS: requiresTLS) ?? "", isSQL: family?.isSQL ?? false,
            host: requiresTLS ? publicHost : "127.0.0.1", endpoint: service.endpoint,
            readEndpoint: service.readEndpoint, user: service.credentials.user,
            password: try key.opened(service.credentials.password, of: service.id, .password),
            database: family?.fixedDatabase ?? service.databaseNames.first ?? "", replicaAddresses: [],
            requiresTLS: requiresTLS,
            authorityFile: requiresTLS && service.custom == nil ? paths.authorityCertificate : nil,
            ports: service.custom?.ports.map {
                ServiceInfo.Port(
                    name: "\($0.name)", kind: $0.kind.rawValue, host: requiresTLS ? publicHost : "127.0.0.1",
                    port: $0.endpoint)
            })
    }
}

extension ClonePlace {
    /// Variables are named for what it is a copy of: `shop` gives `SHOP_MYSQL_HOST`.
    fileprivate var variableName: ServiceName {
        let source = origin.source.split(separator: "/").last ?? ""
        return ServiceName(checked: String(source).replacing("-", with: "_"))
    }
}
