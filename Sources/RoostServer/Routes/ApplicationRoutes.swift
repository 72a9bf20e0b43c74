import Hummingbird
import RoostAPI
import RoostModel

/// Applications: create, push, destroy, and environment.
struct ApplicationRoutes: Sendable {
    static let buildFileLimit = 1 << 20

    let applications: any ApplicationsAPI
    let pushes: any PushAPI
    let operations: OperationRoutes

    var routes: [HTTPRoute] {
        [
            HTTPRoute(ApplicationEndpoints.list, .list, handler: list),
            HTTPRoute(ApplicationEndpoints.show, .readApplication, handler: show),
            HTTPRoute(ApplicationEndpoints.create, .changeApplication, handler: create),
            HTTPRoute(ApplicationEndpoints.destroy, .changeApplication, handler: destroy),
            HTTPRoute(ApplicationEndpoints.push, .changeApplication, handler: push),
            HTTPRoute(ApplicationEndpoints.environment, .readSecrets, handler: environment),
        ]
    }

    private func list(_ call: Call) async throws -> Reply<ItemList<ApplicationInfo>> {
        let found = try await applications.list()
        return try .list(found.filter { call.scope.includes($0.name) }.map(\.withoutSecrets))
    }

    private func show(_ call: Call) async throws -> Reply<ApplicationInfo> {
        try .json(try await applications.find(try call.application()).withoutSecrets)
    }

    private func create(_ call: Call) async throws -> Reply<ApplicationInfo> {
        let name = try call.application()
        let isNew = !(try await applications.list().contains { $0.name == name.rawValue })
        let application = try await applications.create(name).withoutSecrets
        guard isNew else { return try .json(application) }
        return try .json(application, status: .created, headers: [.location: ApplicationEndpoints.show.path(name)])
    }

    private func push(_ call: Call, _ body: PushRequest) async throws -> Reply<PushAnswer> {
        let name = try call.application()
        let waits = try operations.waits(call)
        guard body.buildFile.utf8.count <= Self.buildFileLimit else {
            throw Problem(
                .bodyTooLarge, "the build file is larger than \(ByteCount(bytes: Int64(Self.buildFileLimit)))")
        }
        // Packages are installed for the whole machine, so an application's token must not ask for them.
        if body.installPackages ?? false, let only = call.scope.onlyApplication {
            throw Problem.scopeTooSmall(.application(only))
        }
        var answer = try await pushes.push(name, body)
        if waits, let operation = answer.operation { answer.operation = try await operations.ended(operation) }
        return try .work(answer, answer.operation)
    }

    private func destroy(_ call: Call) async throws -> Reply<DestroyAnswer> {
        let name = try call.application()
        let waits = try operations.waits(call)
        var answer = try await applications.destroy(name, try DestroyQuery.options(call.query))
        if waits, let operation = answer.operation { answer.operation = try await operations.ended(operation) }
        return try .work(answer, answer.operation)
    }

    private func environment(_ call: Call) async throws -> Reply<EnvironmentInfo> {
        let prefix = call.query.text("prefix") ?? ""
        guard prefix.utf8.count <= 64, prefix.first?.isNumber != true,
            prefix.utf8.allSatisfy({ UInt8(ascii: "_") == $0 || Character(UnicodeScalar($0)).isASCIIWord })
        else {
            throw Problem(
                .usage, "query item 'prefix' must be up to 64 of A-Z, a-z, 0-9 and _, not starting with a digit")
        }
        let view = EnvironmentView(prefix: prefix, style: try call.query.choice("style") ?? .roost)
        return try .json(try await applications.environment(of: try call.application(), view))
    }
}

/// Reads the query items of destroying an application or a service (`DestroyItems`).
enum DestroyQuery {
    /// By default a last snapshot is kept.
    static func options(_ query: Query) throws(Problem) -> DestroyOptions {
        DestroyOptions(
            confirm: query.text("confirm"), keep: try query.flag("keep", default: true),
            dryRun: try query.flag("dry_run"))
    }
}

extension Character {
    fileprivate var isASCIIWord: Bool { isASCII && (isLetter || isNumber) }
}

extension ApplicationInfo {
    /// Passwords are shown only where they are asked for, whatever the platform filled in.
    var withoutSecrets: ApplicationInfo {
        ApplicationInfo(name: name, createdAt: createdAt, services: services.map(\.withoutSecrets), state: state)
    }
}

extension ServiceInfo {
    var withoutSecrets: ServiceInfo {
        var info = self
        info.url = nil
        info.password = nil
        return info
    }
}
