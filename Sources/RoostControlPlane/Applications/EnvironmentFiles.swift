import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets

/// Writes each application's `environment.json`, `environment.yml` and `.env`, one application at a time.
package actor EnvironmentFiles {
    private let records: Records
    private let machine: KnownMachine
    private let key: HomeKey
    private let logger: Logger
    /// The last write of each application's files; the next write waits for it.
    private var writes: [ApplicationName: Task<Void, Never>] = [:]

    package init(
        records: Records, machine: KnownMachine, key: HomeKey, logger: Logger
    ) {
        self.records = records
        self.machine = machine
        self.key = key
        self.logger = logger
    }

    /// Brings the files up to date with the store, or removes them with their application. A failure is logged and
    /// does not fail the change; the next change or start writes the files again.
    package func write(_ name: ApplicationName) async {
        // Writes run one after the other, and each reads the store when its turn comes: a write with older data must
        // not come last.
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
            guard try await records.application(name) != nil else {
                _ = try await machine.agent.call(PlaceEnvironment(name, files: nil, custom: []))
                return
            }
            let own = try await variables(name, EnvironmentView())
            let custom = try await records.services(of: name).map(\.value).filter { $0.custom != nil }
            let files = PlaceEnvironment.Files(
                application: [
                    "environment.json": EnvironmentFormat.json.render(own),
                    "environment.yml": EnvironmentFormat.yaml.render(own),
                    ".env": EnvironmentFormat.dotenv.render(own),
                ], custom: custom.isEmpty ? [:] : Self.custom(own, name))
            let text = String(decoding: try JSON.encode(files), as: UTF8.self)
            let homes = custom.flatMap { service in
                service.instances.map {
                    PlaceEnvironment.Home(InstanceID(service.id, $0.index), user: service.custom?.user)
                }
            }
            _ = try await machine.agent.call(
                PlaceEnvironment(name, files: try key.sealed(text, ofApplication: name), custom: homes))
        } catch {
            logger.error(
                "Environment files were not written", metadata: ["application": "\(name)", "reason": "\(error)"])
        }
    }

    /// Files for the home directories of the application's custom services, with variables by Roost's names and by
    /// dotCloud's.
    private static func custom(
        _ own: [(name: String, value: String)], _ application: ApplicationName
    ) -> [String: String] {
        let all = own + own.map { ("DOTCLOUD_\($0.name)", $0.value) } + [("DOTCLOUD_PROJECT", "\(application)")]
        return [
            "environment.json": EnvironmentFormat.json.render(all),
            "environment.sh": EnvironmentFormat.shell.render(own.map { ("DOTCLOUD_\($0.name)", $0.value) }),
        ]
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
        let family = machine.facts.engines.family(named: service.engine.name)
        let requiresTLS = service.settings.expose == .network
        return Connection(
            service: service.clone?.variableName ?? service.id.service,
            infix: family?.variableInfix ?? "\(service.type)".uppercased(),
            urlScheme: (requiresTLS ? family?.tlsURLScheme : nil) ?? family?.urlScheme ?? "\(service.type)",
            urlQuery: family?.urlQuery.text(of: service.id, requiresTLS: requiresTLS) ?? "",
            isSQL: family?.isSQL ?? false,
            host: requiresTLS ? machine.facts.publicHost : "127.0.0.1", endpoint: service.endpoint,
            readEndpoint: service.readEndpoint, user: service.credentials.user,
            password: try key.opened(service.credentials.password, of: service.id, .password),
            database: family?.fixedDatabase ?? service.databaseNames.first ?? "",
            replicaAddresses: service.replicas.filter { $0.seeded && !service.isDelayed($0.index) }.map {
                .init(host: requiresTLS ? machine.facts.publicHost : "127.0.0.1", port: $0.port)
            },
            memberPorts: family?.electsItself ?? false ? service.electingPorts : [], requiresTLS: requiresTLS,
            authorityFile: requiresTLS && service.custom == nil ? machine.facts.authorityFile : nil,
            ports: service.custom?.ports.map {
                ServiceInfo.Port(
                    name: "\($0.name)", kind: $0.kind.rawValue,
                    host: requiresTLS ? machine.facts.publicHost : "127.0.0.1",
                    port: $0.endpoint)
            })
    }
}

extension Service {
    /// The ports of the members of a group that elects its primary. The order stays when the primary changes. Empty
    /// unless the service is a group.
    fileprivate var electingPorts: [PortNumber] {
        isGroup ? instances.filter { $0.seeded && $0.leaving == nil }.map(\.port) : []
    }
}

extension ClonePlace {
    /// Variables of a clone are named for its source: a clone of `shop` gives `SHOP_MYSQL_HOST`.
    fileprivate var variableName: ServiceName {
        let source = origin.source.split(separator: "/").last ?? ""
        return ServiceName(checked: String(source).replacing("-", with: "_"))
    }
}
