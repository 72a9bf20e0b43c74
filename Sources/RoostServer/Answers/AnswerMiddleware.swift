import HTTPTypes
import Hummingbird
import Logging
import RoostAPI
import RoostModel

/// The outermost layer: gives every failure its JSON, every answer its headers, and every request its log line.
struct AnswerMiddleware: RouterMiddleware {
    typealias Context = CallContext
    let logger: Logger
    let routes: [HTTPRoute]

    func handle(
        _ request: Request, context: CallContext, next: @concurrent (Request, CallContext) async throws -> Response
    ) async throws -> Response {
        var logger = logger
        logger[metadataKey: "request"] = "\(context.id)"
        // Only the path is logged: a query may carry a sign-in code.
        logger[metadataKey: "path"] = "\(request.method) \(request.uri.path.prefix(200))"
        let began = ContinuousClock.now
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = try answer(to: error, request, context, logger)
        }
        response.headers[.requestID] = context.id
        response.headers[.xContentTypeOptions] = "nosniff"
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        logger.debug(
            "answered",
            metadata: [
                "status": "\(response.status.code)", "milliseconds": "\((ContinuousClock.now - began).milliseconds)",
            ])
        return response
    }

    private func answer(
        to error: any Error, _ request: Request, _ context: CallContext, _ logger: Logger
    ) throws -> Response {
        switch error {
        case let problem as Problem:
            log(problem, context, logger)
            return try .problem(problem)
        case let refusal as Refusal:
            log(refusal.problem, context, logger)
            return try .problem(refusal.problem, status: refusal.status, headers: refusal.headers)
        case let error as HTTPError where error.status == .notFound:
            return try unknown(request)
        case is CancellationError:
            return try .problem(
                Problem(
                    .serviceUnavailable, "roostd is stopping; running operations continue when it is back",
                    next: ["try again when 'roost doctor' gets an answer"]))
        case let error as any HTTPResponseError:
            // Hummingbird's own refusals. None is expected, and their texts are not shown to clients.
            logger.notice("Request rejected by the HTTP library", metadata: ["error": "\(error)"])
            return try .problem(Problem(.usage, "the request is malformed"), status: error.status)
        default:
            logger.error("Request failed with an internal error", metadata: ["error": "\(error)"])
            return try .problem(
                Problem(
                    .failed, "internal error in roostd",
                    next: ["look for request \(context.id) in roostd's log and report it"]))
        }
    }

    private func log(_ problem: Problem, _ context: CallContext, _ logger: Logger) {
        switch problem.code {
        case .unauthorized:
            logger.notice("Sign-in rejected", metadata: ["from": "\(context.remoteAddress ?? "unknown")"])
        case .failed, .storeUnreadable, .diskFull:
            logger.error(
                "Request failed", metadata: ["code": "\(problem.code.rawValue)", "problem": "\(problem.message)"])
        default:
            logger.debug("Request rejected", metadata: ["code": "\(problem.code.rawValue)"])
        }
    }

    /// The answer to a path that no route has, or to a method that no route has on this path.
    private func unknown(_ request: Request) throws -> Response {
        let path = request.uri.path
        let matching = routes.filter { $0.matches(path: path) }
        guard !matching.isEmpty else {
            return try .problem(
                Problem(
                    .notFound, "nothing found at '\(path.prefix(200))'",
                    next: ["see \(MachineEndpoints.openAPI.template)"]))
        }
        var methods = Set(matching.map(\.method.rawValue))
        if matching.contains(where: \.answersHead) { methods.insert(HTTPRequest.Method.head.rawValue) }
        let allowed = methods.sorted().joined(separator: ", ")
        return try .problem(
            Problem(.usage, "\(request.method) is not allowed at '\(path.prefix(200))'; use \(allowed)"),
            status: .methodNotAllowed, headers: [.allow: allowed])
    }
}

extension HTTPField.Name {
    /// Identifies the request in roostd's log.
    static let requestID = constant("X-Request-Id")
    static let frameOptions = constant("X-Frame-Options")
    static let referrerPolicy = constant("Referrer-Policy")
    static let fetchSite = constant("Sec-Fetch-Site")
    static let lastEventID = constant("Last-Event-ID")
    static let acceleratedBuffering = constant("X-Accel-Buffering")

    private static func constant(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("'\(name)' is no header name") }
        return field
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
