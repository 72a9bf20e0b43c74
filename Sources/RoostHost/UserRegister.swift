import Foundation
import Glibc
import RoostModel
import Synchronization

/// Registers which home on this machine uses which of the system users that servers run as.
///
/// Files of one home's servers must not belong to a user that runs servers of another home. The register lies outside
/// of all homes, belongs to root alone, and is only changed under its lock. A home's users stay listed until the home
/// gives them back or an administrator says that the home was removed (`forget`): a home that is not there may be on
/// a disk that is not mounted.
package final class UserRegister: Sendable {
    package static let shared = UserRegister(folder: "/var/lib/roost-users")

    package enum Claim: Equatable, Sendable {
        case ours
        case taken(byHome: String)
        /// The register cannot be read or written, so the user's home is unknown.
        case unknown(String)
    }

    private struct Content: Codable {
        /// Names of users, by the home's path.
        var homes: [String: [String]] = [:]
    }

    let folder: String
    /// Users claimed by this process, which its store may not list yet.
    private let recent = Mutex<[String: ContinuousClock.Instant]>([:])
    private static let recently = Duration.seconds(600)

    /// Whether a process of the machine runs as a user of this name.
    private let isInUse: @Sendable (String) -> Bool

    package init(folder: String, isInUse: @escaping @Sendable (String) -> Bool = { ProcessTable.hasProcess(of: $0) }) {
        self.folder = folder
        self.isInUse = isInUse
    }

    private var file: String { "\(folder)/register.json" }

    /// Takes a user for a home. Idempotent. Blocks for as long as another home writes the register.
    package func claim(_ user: String, home: String) -> Claim {
        do {
            return try change { content in
                if let other = Self.owner(of: user, in: content, besides: home) { return .taken(byHome: other) }
                content.homes[home] = Set(content.homes[home, default: []]).union([user]).sorted()
                recent.withLock { $0[user] = .now }
                return .ours
            }
        } catch { return .unknown("\(error)") }
    }

    /// Orders users so that users of no other home come first.
    package func sorted(_ users: [ServerUser], home: String) -> [ServerUser] {
        guard let content = try? read() else { return users }
        let known = Set(content.homes.filter { $0.key != home }.values.joined())
        return users.filter { !known.contains($0.name) } + users.filter { known.contains($0.name) }
    }

    /// Differences between a home's users and the register.
    package struct Review: Equatable, Sendable {
        /// Users that another home has, as user → home: from before there was a register, or edited by hand.
        package var shared: [String: String] = [:]
        /// Users that no home has.
        package var missing: Set<String> = []

        package init(shared: [String: String] = [:], missing: Set<String> = []) {
            self.shared = shared
            self.missing = missing
        }
    }

    /// Compares the register's list for a home with the home's users. Changes nothing.
    package func review(home: String, users: Set<String>) throws -> Review { Self.review(home, users, try read()) }

    private static func review(_ home: String, _ users: Set<String>, _ content: Content) -> Review {
        var review = Review()
        let listed = Set(content.homes[home, default: []])
        for user in users {
            if let other = owner(of: user, in: content, besides: home) {
                review.shared[user] = other
            } else if !listed.contains(user) {
                review.missing.insert(user)
            }
        }
        return review
    }

    /// Sets the register's list for a home to the home's users, and returns the differences found. A user that
    /// another home has as well stays the other's: this removes no user from another home.
    package func sync(home: String, users: Set<String>) throws -> Review {
        try change { content in
            let review = Self.review(home, users, content)
            let kept = recent.withLock { recent in
                recent = recent.filter { $0.value.duration(to: .now) < Self.recently }
                return Set(recent.keys)
            }
            let before = Set(content.homes[home, default: []])
            var now: Set<String> = []
            for user in users.union(before.intersection(kept)) {
                if Self.owner(of: user, in: content, besides: home) == nil { now.insert(user) }
            }
            for other in content.homes.keys where other != home && content.homes[other] == [] && !Self.stands(other) {
                content.homes[other] = nil
            }
            content.homes[home] = now.sorted()
            return review
        }
    }

    package enum Forgetting: Equatable, Sendable {
        /// The home was removed from the register. Its users are free again.
        case forgotten([String])
        case notListed
        /// The home exists, or cannot be accessed.
        case stands
        /// Servers run as these users of the home: another mount namespace may see the home.
        case inUse([String])
    }

    /// Frees the users of a home that was removed for good.
    package func forget(home: String) throws -> Forgetting {
        try change { content in
            guard let users = content.homes[home] else { return .notListed }
            guard !Self.stands(home) else { return .stands }
            let used = users.filter(isInUse)
            guard used.isEmpty else { return .inUse(used) }
            content.homes[home] = nil
            return .forgotten(users)
        }
    }

    /// The existing homes, without `home`.
    package func otherHomes(than home: String) -> [String] {
        guard let content = try? read() else { return [] }
        return content.homes.keys.filter { $0 != home && Self.stands($0) }.sorted()
    }

    /// The homes that do not exist and have users.
    package func absentHomes() throws -> [String] {
        try read().homes.filter { !$0.value.isEmpty && !Self.stands($0.key) }.keys.sorted()
    }

    private static func owner(of user: String, in content: Content, besides home: String) -> String? {
        content.homes.first { $0.key != home && $0.value.contains(user) }?.key
    }

    /// A home has a key from its first start on. A home that cannot be accessed counts as existing.
    private static func stands(_ home: String) -> Bool {
        access("\(home)/key", F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR)
    }

    private func read() throws -> Content {
        guard let text = TextFile.read(file, atMost: 1 << 20) else {
            if errno == ENOENT { return Content() }
            throw HostError.last("read", file)
        }
        do { return try JSONDecoder().decode(Content.self, from: Data(text.utf8)) } catch {
            // A new register would lack the homes that are not mounted, and their users would be given to others.
            throw HostError.unfitFile(
                path: file,
                reason:
                    "cannot be read; restore it, or move it away once every home of this machine is mounted, then "
                    + "restart each roostd, which registers its users again")
        }
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
        var content = try read()
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
