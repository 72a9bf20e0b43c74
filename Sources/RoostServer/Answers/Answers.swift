import Foundation
import Hummingbird
import RoostModel

/// A problem whose HTTP status or headers are more specific than its code.
struct Refusal: Error, CustomStringConvertible {
    let problem: Problem
    let status: HTTPResponse.Status
    let headers: HTTPFields

    init(_ problem: Problem, status: HTTPResponse.Status, headers: HTTPFields) {
        self.problem = problem
        self.status = status
        self.headers = headers
    }

    var description: String { problem.message }
}

extension Response {
    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        // The line break is for readers in a terminal.
        let body = ByteBuffer(bytes: try JSON.encode(value) + Data("\n".utf8))
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    static func text(
        _ text: String, type: String = "text/plain; charset=utf-8", status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = type
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    static func problem(
        _ problem: Problem, status: HTTPResponse.Status? = nil, headers: HTTPFields = [:]
    ) throws -> Response {
        let status = status ?? HTTPResponse.Status(code: problem.code.httpStatus)
        var headers = headers
        if status == .unauthorized { headers[.wwwAuthenticate] = #"Bearer realm="roost""# }
        return try json(ProblemBody(problem), status: status, headers: headers)
    }
}
