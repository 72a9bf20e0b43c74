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
                .unauthorized, problem.message, next: ["export ROOST_TOKEN=… (create one with '\(Hint.makeToken())')"])
        }
        // The HTTP library refused the request before roostd's own code read it.
        if body.isEmpty, [400, 414, 431].contains(status.code) {
            return Problem(
                .failed, "\(address) rejected the request as malformed or too long (\(status.code))",
                next: ["shorten the arguments: names have at most 63 characters"])
        }
        let line = String(decoding: body.prefix(200), as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
        return Problem(.failed, "\(address) answered \(status.code) \(status.reasonPhrase) \(line)".trimmedEnd)
    }

    /// The reason why no answer came.
    func unreachable(_ error: any Error) -> Problem {
        switch error {
        case let error as HTTPClientError where error == .deadlineExceeded:
            return Problem(.timedOut, "timed out waiting for roostd at \(address)")
        case let error as HTTPClientError where error == .connectTimeout:
            return Problem(.daemonUnreachable, "roostd at \(address) does not answer", next: startSteps)
        default:
            break
        }
        switch Self.systemError(error) {
        case EACCES, EPERM:
            return Problem(
                .daemonUnreachable, "permission denied for \(address): only root and the group 'roost' can open it",
                next: ["sudo usermod -aG roost $USER (then log in again)"])
        case ENOENT:
            return Problem(
                .daemonUnreachable, "roostd is not running: \(address) does not exist", next: startSteps)
        case ECONNREFUSED:
            return Problem(.daemonUnreachable, "roostd is not listening at \(address)", next: startSteps)
        default:
            guard error.module != "NIOSSL" else {
                return Problem(
                    .daemonUnreachable, "could not set up TLS with \(address): \(error)",
                    next: ["use http:// for roostd itself; https:// is for a proxy in front of it"])
            }
            return Problem(
                .daemonUnreachable, "lost the connection to roostd at \(address): \(error)", next: startSteps)
        }
    }

    private var startSteps: [String] {
        let other = "choose another daemon with --home, ROOST_HOME, --url or ROOST_URL"
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
