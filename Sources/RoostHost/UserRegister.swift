import Foundation
import Glibc
import RoostModel
import Synchronization

/// Which home on this machine has which of the system users that servers run as.
///
/// Files of one home's servers must not belong to a user that runs servers of another. The register stands outside of all
/// homes, is root's alone, and is only changed under its lock. A home that is gone has nothing: what is listed for it is
/// free again, though taken last.
package final class UserRegister: Sendable {
    package static let shared = UserRegister(folder: "/var/lib/roost-users")

    package enum Claim: Equatable, Sendable {
        case ours
        case taken(byHome: String)
        /// The register cannot be read or written: nobody knows.
        case unknown(String)
    }

    private struct Content: Codable {
        /// Names of users, by the home's path.
        var homes: [String: [String]] = [:]
    }

    private let folder: String
    /// Claimed by this process, perhaps not in its store yet.
    private let recent = Mutex<[String: ContinuousClock.Instant]>([:])
    private static let recently = Duration.seconds(600)

    package init(folder: String) { self.folder = folder }

    private var file: String { "\(folder)/register.json" }

    /// Takes a user for a home. Idempotent. Blocks for as long as another home writes the register.
    package func claim(_ user: String, home: String) -> Claim {
        do {
            return try change { content in
                if let other = Self.owner(of: user, in: content, besides: home), Self.stands(other) {
                    return .taken(byHome: other)
                }
                for other in content.homes.keys where other != home { content.homes[other]?.removeAll { $0 == user } }
                content.homes[home] = Set(content.homes[home, default: []]).union([user]).sorted()
                recent.withLock { $0[user] = .now }
                return .ours
            }
        } catch { return .unknown("\(error)") }
    }

    /// Orders users so that those come first that no home was ever given, then those whose home is gone.
    package func sorted(_ users: [ServerUser], home: String) -> [ServerUser] {
        guard let content = try? read() else { return users }
        let known = Set(content.homes.filter { $0.key != home }.values.joined())
        return users.filter { !known.contains($0.name) } + users.filter { known.contains($0.name) }
    }

    /// Makes what is listed for a home what it has, and returns those of its users that another home has as well: from
    /// before there was a register, or because the home was away.
    package func sync(home: String, users: Set<String>) throws -> [String: String] {
        try change { content in
            var shared: [String: String] = [:]
            let kept = recent.withLock { recent in
                recent = recent.filter { $0.value.duration(to: .now) < Self.recently }
                return Set(recent.keys)
            }
            let before = Set(content.homes[home, default: []])
            var now: Set<String> = []
            for user in users.union(before.intersection(kept)) {
                if let other = Self.owner(of: user, in: content, besides: home), Self.stands(other) {
                    shared[user] = other
                } else {
                    now.insert(user)
                }
            }
            for other in content.homes.keys where other != home && !Self.stands(other) { content.homes[other] = nil }
            content.homes[home] = now.sorted()
            return shared
        }
    }

    /// The homes besides one that are there.
    package func otherHomes(than home: String) -> [String] {
        guard let content = try? read() else { return [] }
        return content.homes.keys.filter { $0 != home && Self.stands($0) }.sorted()
    }

    private static func owner(of user: String, in content: Content, besides home: String) -> String? {
        content.homes.first { $0.key != home && $0.value.contains(user) }?.key
    }

    /// A home has a key from its first start on. One that cannot be looked at is there.
    private static func stands(_ home: String) -> Bool {
        access("\(home)/key", F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR)
    }

    private func read() throws -> Content {
        guard let text = TextFile.read(file, atMost: 1 << 20) else {
            if errno == ENOENT { return Content() }
            throw HostError.last("read", file)
        }
        return try JSONDecoder().decode(Content.self, from: Data(text.utf8))
    }

    private func change<Value>(_ body: (inout Content) throws -> Value) throws -> Value {
        try Storage.makeFolder(folder, mode: 0o700, owner: nil)
        let path = "\(folder)/lock"
        let lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw HostError.last("open", path) }
        defer {
            flock(lock, LOCK_UN)
            close(lock)
        }
        guard FileLock.take(LOCK_EX, of: lock, patience: .seconds(5)) == .taken else {
            throw HostError.unfitFile(path: path, reason: "is held by another process")
        }
        var content: Content
        do { content = try read() } catch is DecodingError {
            // The homes that run write what they have anew.
            try Storage.rename(from: file, to: "\(file).unreadable-\(TimedName.now())")
            content = Content()
        }
        let before = content.homes
        let value = try body(&content)
        if content.homes != before {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            try Storage.writeAtomically(try encoder.encode(content), to: file, mode: 0o600, owner: nil)
        }
        return value
    }
}

private enum TimedName {
    static func now() -> String { "\(Int(Date().timeIntervalSince1970 * 1000))" }
}
