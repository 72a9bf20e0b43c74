import Foundation
import Synchronization

/// Users that were added to a service, as noted in its data directory: a name and a password's hash per line.
///
/// The file does not hold rights, which come from `RedisAccess`, so writing to the file gains no right.
struct RedisUserList: Equatable {
    struct User: Equatable {
        let name: String
        /// SHA-256 in hex.
        let hash: String
    }

    /// A limit on users: a file of this many is far smaller than the size that is read, so reading never cuts one off.
    static let most = 1000

    private(set) var users: [User] = []

    init() {}

    /// Lines that are malformed, or that name an account of Roost's own, are skipped.
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
        [RedisAccess.applicationUser, RedisAccess.administrator, RedisAccess.exporter].contains(name)
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

    /// Carries out a change that also asks the server. Changes of all services are serialised: for a hung server the
    /// others wait as long as one answer may take. Call it on `AdministrationThreads` only.
    func change<Value, Fault: Error>(
        in data: RedisData, _ body: (RedisUserList) throws(Fault) -> Value
    ) throws(Fault) -> Value {
        try changing.withLock { _ throws(Fault) in try body(list(in: data)) }
    }
}

extension String {
    var data: Data { Data(utf8) }
}
