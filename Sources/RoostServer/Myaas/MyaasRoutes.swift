import Foundation
import HTTPTypes
import Hummingbird
import RoostModel

/// The calls of myaas' HTTP API, with its paths, statuses and documents (github.com/habitissimo/myaas).
struct MyaasRoutes: Sendable {
    typealias Handler = @Sendable (Request, CallContext) async throws -> Response

    /// Longer database names are refused, because the name becomes a label in records and logs.
    private static let longestName = 128
    /// A form with one field is far smaller.
    private static let bodyLimit = 64 << 10
    static let database = "/db/{template}/{name}"

    let clones: any ClonesAPI
    let templates: any TemplatesAPI
    let settings: MyaasSettings
    let instances: MyaasInstances
    let operations: OperationRoutes
    let bodyTime: Duration

    init(
        clones: any ClonesAPI, myaas: any MyaasAPI, templates: any TemplatesAPI, operations: any OperationsAPI,
        settings: MyaasSettings, timeouts: Timeouts
    ) {
        self.clones = clones
        self.templates = templates
        self.settings = settings
        instances = MyaasInstances(clones: clones, myaas: myaas, settings: settings)
        self.operations = OperationRoutes(operations: operations, timeouts: timeouts)
        bodyTime = timeouts.body
    }

    var routes: [(method: HTTPRequest.Method, path: String, handler: Handler)] {
        [
            (.get, "/", overview), (.get, "/templates", listTemplates), (.get, "/db", databases),
            (.get, Self.database, show), (.post, Self.database, make), (.delete, Self.database, remove),
        ]
    }

    private func overview(_ request: Request, _ context: CallContext) async throws -> Response {
        try .json(
            MyaasOverview(
                templates: try await readyTemplates(),
                databases: try await instances.all().map { "\($0.template),\($0.name)" }))
    }

    private func listTemplates(_ request: Request, _ context: CallContext) async throws -> Response {
        try .json(MyaasTemplates(templates: try await readyTemplates()))
    }

    private func readyTemplates() async throws -> [String] {
        try await templates.list().filter { $0.version != nil }.map(\.name)
    }

    private func databases(_ request: Request, _ context: CallContext) async throws -> Response {
        let now = Date()
        return try .json(MyaasDatabases(databases: try await instances.all().map { $0.item(now: now) }))
    }

    private func show(_ request: Request, _ context: CallContext) async throws -> Response {
        let instance = try await found(context)
        let asksForAll = request.uri.queryParameters["all"].map { !$0.isEmpty } ?? false
        if asksForAll { return try .json(MyaasContainer(container: instance.clone)) }
        return try .json(instance.document(settings, now: Date()))
    }

    /// 201 when the database can be used; 304 when a database of these names exists, in any state.
    private func make(_ request: Request, _ context: CallContext) async throws -> Response {
        let (template, name) = try names(context)
        let time = try await timeToLive(request)
        guard let made = try await instances.make(template, name, timeToLive: time) else {
            return Response(status: .notModified)
        }
        if let operation = made.operation { try await wait(for: operation, making: made.clone) }
        return try .json(try await found(context).document(settings, now: Date()), status: .created)
    }

    /// A clone that failed to start is removed: otherwise the script's next request would be told that it exists.
    private func wait(for operation: OperationInfo, making clone: CloneName) async throws {
        do { _ = try await operations.ended(operation) } catch let problem as Problem where problem.code == .failed {
            // The reason of the failure is reported, not an error of the removal. A clone that cannot be removed
            // stays in `roost clone ls`.
            _ = try? await clones.remove(clone, confirm: nil)
            throw problem
        }
    }

    /// Answers when the clone is gone, so that another with the same names can be made at once.
    private func remove(_ request: Request, _ context: CallContext) async throws -> Response {
        let instance = try await found(context)
        let clone = try checked(CloneName.self, instance.clone.name)
        _ = try await operations.ended(try await clones.remove(clone, confirm: nil))
        return Response(status: .noContent)
    }

    // MARK: What is asked for

    private func found(_ context: CallContext) async throws -> MyaasInstance {
        let (template, name) = try names(context)
        guard let instance = try await instances.find(template, name) else { throw Problem(.notFound, "Not found") }
        return instance
    }

    private func names(_ context: CallContext) throws(Problem) -> (template: String, name: String) {
        let words = ["template", "name"].map { context.parameters.get($0)?.removingPercentEncoding ?? "" }
        guard
            words.allSatisfy({ word in
                !word.isEmpty && word.utf8.count <= Self.longestName
                    && word.unicodeScalars.allSatisfy { $0.value >= 0x20 }
            })
        else {
            throw Problem(.nameInvalid, "a name must have 1 to \(Self.longestName) bytes and no control characters")
        }
        return (words[0], words[1])
    }

    private func timeToLive(_ request: Request) async throws -> Double? {
        let late = Problem(.timedOut, "the body did not arrive within \(bodyTime.components.seconds) s")
        let body = request.body
        let buffer = try await within(bodyTime, or: late) { try await body.collect(upTo: Self.bodyLimit) }
        do throws(MyaasForm.BadTime) {
            return try MyaasForm.timeToLive(
                in: Data(buffer.readableBytesView), contentType: request.headers[.contentType])
        } catch {
            throw Problem(.bodyInvalid, "'ttl' must be a number of seconds (0 for no limit), not '\(error.text)'")
        }
    }
}
