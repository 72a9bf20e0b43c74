import CHiredis
import Glibc
import RoostModel

/// A connection to a server's private socket through hiredis.
///
/// Methods block for at most the connection's timeout: call them on `AdministrationThreads` only.
///
/// Unchecked: the C client is not safe for use by two threads at once. `ConnectionCache` hands a connection to one
/// caller at a time; every other connection is made, used and dropped within one closure.
final class RedisConnection: @unchecked Sendable {
    /// For probes, which are frequent and cheap.
    static let probePatience: Duration = .seconds(2)
    /// For commands that may wait behind a client's slow command.
    static let patience: Duration = .seconds(20)

    /// A server whose system user was compromised may send any answer: the limit keeps it from filling roostd's
    /// memory.
    private static let longestAnswer = 4 << 20

    private let context: UnsafeMutablePointer<redisContext>
    private let patience: Duration

    /// Connects without signing on: for a server of Roost's own without accounts.
    init(socket: String, patience: Duration) throws(RedisFault) {
        let seconds = timeval(tv_sec: Int(patience.components.seconds), tv_usec: 0)
        guard let context = redisConnectUnixWithTimeout(socket, seconds) else {
            throw .unanswered("the client library could not be set up")
        }
        self.context = context
        self.patience = patience
        guard context.pointee.err == 0, redisSetTimeout(context, seconds) == REDIS_OK else { throw fault }
    }

    /// Signs on as Roost's own account.
    convenience init(_ server: ServerAddress, patience: Duration) throws(RedisFault) {
        try self.init(socket: server.socket, patience: patience)
        try run(["AUTH", RedisAccess.administrator, server.administrationPassword])
        do {
            // The server disconnects clients when all of them take too much memory; this exempts Roost's connection.
            try run(["CLIENT", "NO-EVICT", "on"])
        } catch {
            // A busy server refuses the command; the connection works without it.
            guard case .refused = error else { throw error }
        }
    }

    deinit { redisFree(context) }

    /// Runs one command. Throws an error that the server answers with.
    @discardableResult
    func run(_ words: [String]) throws(RedisFault) -> RedisAnswer { try run(words.map { Array($0.utf8) }) }

    /// Runs commands as one transaction: all of them, without other clients' commands in between. An error of one
    /// command is thrown after the others were carried out.
    func runAtOnce(_ commands: [[String]]) throws(RedisFault) {
        try run(["MULTI"])
        for command in commands { try run(command) }
        try run(["EXEC"])
    }

    /// Whether the connection still leads to its server, signed on.
    var isAlive: Bool {
        do throws(RedisFault) {
            try run(["ACL", "WHOAMI"])
            return true
        } catch { return false }
    }

    /// Runs a command of words that need not be text.
    @discardableResult
    func run(_ words: [[UInt8]]) throws(RedisFault) -> RedisAnswer {
        try send(words)
        let deadline = ContinuousClock.now + patience
        while true {
            var reply: UnsafeMutableRawPointer?
            guard redisGetReplyFromReader(context, &reply) == REDIS_OK else { throw fault }
            if let reply {
                defer { freeReplyObject(reply) }
                return try RedisAnswer.read(reply.assumingMemoryBound(to: redisReply.self))
            }
            guard context.pointee.reader.pointee.len < Self.longestAnswer, ContinuousClock.now < deadline else {
                throw .unanswered("its answer is incomplete")
            }
            guard redisBufferRead(context) == REDIS_OK else { throw fault }
        }
    }

    /// Writes without the library: its own write would raise a signal if the server has gone.
    private func send(_ words: [[UInt8]]) throws(RedisFault) {
        var command = Array("*\(words.count)\r\n".utf8)
        for word in words { command += Array("$\(word.count)\r\n".utf8) + word + Array("\r\n".utf8) }
        var rest = command[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(context.pointee.fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .unanswered("the command could not be sent: errno \(errno)") }
            rest = rest.dropFirst(count)
        }
    }

    private var fault: RedisFault {
        .unanswered(
            withUnsafeBytes(of: context.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
}

/// An answer of the server.
indirect enum RedisAnswer: Equatable {
    case none
    case number(Int64)
    case text(String)
    case list([RedisAnswer])

    fileprivate static func read(_ reply: UnsafePointer<redisReply>) throws(RedisFault) -> RedisAnswer {
        switch reply.pointee.type {
        case REDIS_REPLY_INTEGER: return .number(reply.pointee.integer)
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: return .text(words(reply))
        case REDIS_REPLY_ERROR: throw .refused(words(reply))
        case REDIS_REPLY_ARRAY:
            var list: [RedisAnswer] = []
            for index in 0..<reply.pointee.elements {
                guard let element = reply.pointee.element?[index] else { continue }
                list.append(try read(element))
            }
            return .list(list)
        default: return .none
        }
    }

    private static func words(_ reply: UnsafePointer<redisReply>) -> String {
        let bytes = UnsafeRawBufferPointer(start: reply.pointee.str, count: Int(reply.pointee.len))
        return String(decoding: bytes, as: UTF8.self)
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var list: [RedisAnswer] { if case .list(let list) = self { list } else { [] } }

    /// Looks up a value in a list of alternating names and values.
    subscript(_ name: String) -> RedisAnswer? {
        let list = list
        return stride(from: 0, to: list.count - 1, by: 2).first { list[$0].text == name }.map { list[$0 + 1] }
    }

    /// A field `name:value` of an answer to INFO.
    func field(_ name: String) -> String? {
        let line = text?.split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(name):") }
        return line.map { String($0.dropFirst(name.count + 1)) }
    }
}

/// A missing answer, or a refusal.
enum RedisFault: Error, Equatable, CustomStringConvertible {
    case unanswered(String)
    /// The server's message. Its first word is the kind of error: `NOPERM`, `LOADING`, `ERR`.
    case refused(String)

    var kind: Substring? {
        guard case .refused(let words) = self else { return nil }
        return words.prefix { $0 != " " }
    }

    var description: String { engineError.description }

    var engineError: EngineError {
        switch self {
        case .unanswered(let reason): .notReachable(reason)
        case .refused(let words): .refused(code: 0, message: words)
        }
    }
}
