import Foundation
import Synchronization

/// Users that people added to a service, as noted in its data directory: a name and a password's hash a line.
///
/// What they may do is not noted but given by `RedisAccess`, so whoever writes into the file gains no right by it.
struct RedisUserList: Equatable {
    struct User: Equatable {
        let name: String
        /// SHA-256 in hex.
        let hash: String
    }

    /// More than a file that is read whole could hold by far; a limit, so that none is ever cut off by reading.
    static let most = 1000

    private(set) var users: [User] = []

    init() {}

    /// Lines that are not well-formed, or name an account of Roost's own, are no users.
    init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 2, Self.isName(words[0]), Self.isHash(words[1]), self[words[0]] == nil else {
                continue
            }
            users.append(User(name: words[0], hash: words[1]))
        }
    }

    var text: String { users.map { "\($0.name) \($0.hash)\n" }.joined() }

    subscript(_ name: String) -> User? { users.first { $0.name == name } }

    mutating func insert(_ user: User) {
        users.append(user)
        users.sort { $0.name < $1.name }
    }

    mutating func remove(_ name: String) { users.removeAll { $0.name == name } }

    static func isReserved(_ name: String) -> Bool {
        [RedisAccess.shownUser, RedisAccess.administrator, RedisAccess.exporter].contains(name)
            || name.hasPrefix(GroupPlan.Follower.prefix)
    }

    private static func isName(_ text: String) -> Bool {
        text.wholeMatch(of: /[A-Za-z0-9_-]{1,64}/) != nil && !isReserved(text)
    }

    private static func isHash(_ text: String) -> Bool { text.wholeMatch(of: /[0-9a-f]{64}/) != nil }
}

/// Reads and changes such files, one change at a time.
final class RedisUserFiles: Sendable {
    private let changing = Mutex(())

    func list(in data: RedisData) -> RedisUserList {
        FolderEntry.text("\(data.folder)/\(RedisData.usersFile)", atMost: 1 << 20).map(RedisUserList.init)
            ?? RedisUserList()
    }

    /// Carries out a change that asks the server, too. Another change, of whatever service, waits meanwhile: for a hung
    /// server, as long as one answer may take. Call it on `AdministrationThreads` alone.
    func change<Value, Fault: Error>(
        in data: RedisData, _ body: (RedisUserList) throws(Fault) -> Value
    ) throws(Fault) -> Value {
        try changing.withLock { _ throws(Fault) in try body(list(in: data)) }
    }
}

extension String {
    var data: Data { Data(utf8) }
}
