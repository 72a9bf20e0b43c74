import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import RoostModel

extension RoostClient {
    /// The problem of an error answer. Answers that are not the daemon's (a proxy, another program) are reported as
    /// they came.
    func problem(_ status: HTTPResponseStatus, _ body: Data) -> Problem {
        if let problem = try? JSON.decode(ProblemBody.self, from: body).problem {
            guard problem.code == .unauthorized, problem.nextSteps.isEmpty else { return problem }
            return Problem(
                .unauthorized, problem.message, next: ["export ROOST_TOKEN=… (made by '\(Hint.makeToken())')"])
        }
        // The HTTP library refused the request before roostd's own code read it.
        if body.isEmpty, [400, 414, 431].contains(status.code) {
            return Problem(
                .failed, "\(address) refused the request as malformed or too long (\(status.code))",
                next: ["shorten the arguments: names have 63 letters at most"])
        }
        let line = String(decoding: body.prefix(200), as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
        return Problem(.failed, "\(address) answered \(status.code) \(status.reasonPhrase) \(line)".trimmedEnd)
    }

    /// The reason why no answer came.
    func unreachable(_ error: any Error) -> Problem {
        switch error {
        case let error as HTTPClientError where error == .deadlineExceeded:
            return Problem(.timedOut, "roostd at \(address) took too long to answer")
        case let error as HTTPClientError where error == .connectTimeout:
            return Problem(.daemonUnreachable, "roostd at \(address) does not answer", next: startSteps)
        default:
            break
        }
        switch Self.systemError(error) {
        case EACCES, EPERM:
            return Problem(
                .daemonUnreachable, "you may not open \(address); it is for root and the group 'roost'",
                next: ["sudo usermod -aG roost $USER (then log in again)"])
        case ENOENT:
            return Problem(
                .daemonUnreachable, "no roostd runs here: there is no \(address)", next: startSteps)
        case ECONNREFUSED:
            return Problem(.daemonUnreachable, "no roostd listens at \(address)", next: startSteps)
        default:
            guard error.module != "NIOSSL" else {
                return Problem(
                    .daemonUnreachable, "no encrypted connection to \(address): \(error)",
                    next: ["use http:// where roostd itself answers; https:// is for a proxy before it"])
            }
            return Problem(
                .daemonUnreachable, "the connection to roostd at \(address) broke off: \(error)", next: startSteps)
        }
    }

    private var startSteps: [String] {
        let other = "name another by --home, ROOST_HOME, --url or ROOST_URL"
        guard address.hasSuffix("/roostd.sock") else { return [other] }
        let home = address.dropLast("/roostd.sock".count)
        return [home == "/var/lib/roost" ? "systemctl start roostd" : "roostd --home \(home)", other]
    }

    /// The `errno` of a connection error; 0 for other errors.
    private static func systemError(_ error: any Error) -> Int32 {
        switch error {
        case let error as IOError: error.errnoCode
        case let error as NIOConnectionError:
            error.connectionErrors.lazy.compactMap { ($0.error as? IOError)?.errnoCode }.first ?? 0
        default: 0
        }
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
