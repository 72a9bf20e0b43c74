import Hummingbird
import RoostModel

/// Applications: create, push, destroy, and environment.
struct ApplicationRoutes: Sendable {
    static let buildFileLimit = 1 << 20

    let platform: any Platform
    let operations: OperationRoutes

    var routes: [HTTPRoute] {
        [
            HTTPRoute(.get, Paths.applications, .list, handler: list),
            HTTPRoute(.get, RoutePath.application, .readApplication, handler: show),
            HTTPRoute(.put, RoutePath.application, .changeApplication, handler: create),
            HTTPRoute(
                .delete, RoutePath.application, .changeApplication, query: DestroyQuery.names + ["wait"],
                handler: destroy),
            HTTPRoute(.post, "\(RoutePath.application)/push", .changeApplication, query: ["wait"], handler: push),
            HTTPRoute(
                .get, "\(RoutePath.application)/environment", .readSecrets, query: ["prefix", "style"],
                handler: environment),
        ]
    }

    private func list(_ call: Call) async throws -> Response {
        let applications = try await platform.applications()
        return try .list(applications.filter { call.reach.includes($0.name) }.map(\.withoutSecrets))
    }

    private func show(_ call: Call) async throws -> Response {
        try .json(try await platform.application(try call.application()).withoutSecrets)
    }

    private func create(_ call: Call) async throws -> Response {
        let name = try call.application()
        try await call.noBody()
        let isNew = !(try await platform.applications().contains { $0.name == name.rawValue })
        let application = try await platform.createApplication(name).withoutSecrets
        guard isNew else { return try .json(application) }
        return try .json(application, status: .created, headers: [.location: Paths.application(name)])
    }

    private func push(_ call: Call) async throws -> Response {
        let name = try call.application()
        let waits = try operations.waits(call)
        let request: PushRequest = try await call.body()
        guard request.buildFile.utf8.count <= Self.buildFileLimit else {
            throw Problem(
                .bodyTooLarge, "the build file is larger than \(ByteCount(bytes: Int64(Self.buildFileLimit)))")
        }
        // Packages are installed for the whole machine, so an application's token must not ask for them.
        if request.installPackages ?? false, let only = call.reach.onlyApplication {
            throw Problem.scopeTooSmall(.application(only))
        }
        var answer = try await platform.push(name, request)
        if waits, let operation = answer.operation { answer.operation = try await operations.ended(operation) }
        return try .work(answer, answer.operation)
    }

    private func destroy(_ call: Call) async throws -> Response {
        let name = try call.application()
        let waits = try operations.waits(call)
        try await call.noBody()
        var answer = try await platform.destroyApplication(name, try DestroyQuery.options(call.query))
        if waits, let operation = answer.operation { answer.operation = try await operations.ended(operation) }
        return try .work(answer, answer.operation)
    }

    private func environment(_ call: Call) async throws -> Response {
        let prefix = call.query.text("prefix") ?? ""
        guard prefix.utf8.count <= 64, prefix.first?.isNumber != true,
            prefix.utf8.allSatisfy({ UInt8(ascii: "_") == $0 || Character(UnicodeScalar($0)).isASCIIWord })
        else {
            throw Problem(
                .usage, "query item 'prefix' must be up to 64 of A-Z, a-z, 0-9 and _, not starting with a digit")
        }
        let view = EnvironmentView(prefix: prefix, style: try call.query.choice("style") ?? .roost)
        return try .json(try await platform.environment(try call.application(), view))
    }
}

/// The query items of destroying an application or a service.
enum DestroyQuery {
    static let names = ["confirm", "keep", "dry_run"]

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
