import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import RoostModel

extension MyaasRoutes {
    /// `hosts`: the host names that are accepted; nil (in a test): all. `proxies`: see `RequestSource`.
    func router(logger: Logger, hosts: HostMiddleware?, proxies: [String] = []) -> Router<CallContext> {
        let router = Router(context: CallContext.self)
        router.add(middleware: MyaasAnswers(logger: logger, allowed: allowed))
        if let hosts { router.add(middleware: hosts) }
        // Everyone who reaches the listener may use it, except pages of other sites in a user's browser.
        router.add(middleware: OtherSitesMiddleware(proxies: proxies, takesLinks: false))
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try await route.handler(request, context)
            }
            guard route.method == .get else { continue }
            router.on(RouterPath(route.path), method: .head) { request, context in
                try await route.handler(request, context).createHeadResponse()
            }
        }
        return router
    }

    /// The methods that are allowed at a path; empty if there is no such path.
    private func allowed(at path: String) -> [String] {
        let words = path.split(separator: "/")
        let methods = routes.filter { route in
            let own = route.path.split(separator: "/")
            return own.count == words.count && zip(own, words).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }.map(\.method.rawValue)
        return (methods + (methods.contains("GET") ? ["HEAD"] : [])).sorted()
    }
}

/// The outermost layer: reports failures as myaas does, `{"status": "…"}`.
struct MyaasAnswers: RouterMiddleware {
    typealias Context = CallContext
    let logger: Logger
    let allowed: @Sendable (String) -> [String]

    func handle(
        _ request: Request, context: CallContext, next: @concurrent (Request, CallContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = try answer(to: error, request)
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.cacheControl] = "no-store"
        logger.debug(
            "Answered a myaas script",
            metadata: [
                "path": "\(request.method) \(request.uri.path.prefix(200))", "status": "\(response.status.code)",
            ])
        return response
    }

    private func answer(to error: any Error, _ request: Request) throws -> Response {
        switch error {
        case let problem as Problem:
            if problem.code == .failed {
                logger.error("Request of a myaas script failed", metadata: ["problem": "\(problem.message)"])
            }
            return try refusal(HTTPResponse.Status(code: problem.code.httpStatus), problem.message)
        case is NIOTooManyBytesError:
            return try refusal(.contentTooLarge, "the body is too large")
        case let error as HTTPError where error.status == .notFound:
            let methods = allowed(request.uri.path)
            guard !methods.isEmpty else { return try refusal(.notFound, "Not found") }
            return try refusal(
                .methodNotAllowed, "\(request.method) is not allowed here",
                headers: [.allow: methods.joined(separator: ", ")])
        case is CancellationError:
            return try refusal(.serviceUnavailable, "roostd is stopping")
        case let error as any HTTPResponseError:
            return try refusal(error.status, "the request is malformed")
        default:
            logger.error("Request of a myaas script failed with an internal error", metadata: ["error": "\(error)"])
            return try refusal(.internalServerError, "internal error in roostd; see its log")
        }
    }

    private func refusal(
        _ status: HTTPResponse.Status, _ text: String, headers: HTTPFields = [:]
    ) throws -> Response {
        try .json(MyaasProblem(status: text), status: status, headers: headers)
    }
}
