import Foundation
import RoostModel
import RoostSecrets
import RoostStore
import Synchronization

/// A bearer token's document: the token itself is shown once and kept nowhere.
struct TokenRecord: Codable, Equatable, Sendable {
    let name: String
    let scope: String
    let createdAt: Date
    let hash: TokenHash
}

extension ControlPlane {
    package func tokens() async throws(Problem) -> [TokenInfo] {
        try await tokenRecords().map {
            TokenInfo(name: $0.value.name, scope: $0.value.scope, createdAt: $0.value.createdAt, token: nil)
        }
    }

    package func addToken(_ request: TokenRequest) async throws(Problem) -> TokenInfo {
        let allowed = request.name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) }
        // Programs would take a name that begins with a dash for an option.
        guard allowed, !request.name.hasPrefix("-"), (1...64).contains(request.name.count) else {
            throw Problem(
                .nameInvalid,
                "invalid token name '\(request.name)': use 1 to 64 of A-Z, a-z, 0-9, _, - and ., not beginning with -")
        }
        guard let access = Access(scope: request.scope) else {
            throw Problem(.usage, "invalid scope '\(request.scope)': use admin, read or app:NAME")
        }
        if case .application(let name) = access { _ = try await findApplication(name) }
        let token = TokenHash.makeToken()
        let record = TokenRecord(
            name: request.name, scope: access.scope, createdAt: Date(), hash: TokenHash(of: token))
        do throws(Problem) {
            try await records.commit([Records.put(record, at: key(of: request.name), expecting: 0)])
        } catch  where error.code == .conflict {
            throw Problem(
                .exists, "token '\(request.name)' already exists", next: ["roost token rm \(request.name)"])
        }
        await events.add("token_added", "token \(request.name) was created with scope \(access.scope)")
        return TokenInfo(name: record.name, scope: record.scope, createdAt: record.createdAt, token: token)
    }

    package func removeToken(_ name: String) async throws(Problem) {
        guard let found = try await tokenRecords().first(where: { $0.value.name == name }) else {
            throw Problem(.tokenNotFound, "there is no token '\(name)'", next: ["roost token ls"])
        }
        try await records.commit([.delete(key: key(of: name), expecting: found.revision)])
        await events.add("token_removed", "token \(name) was removed")
    }

    package func access(token: String) async throws(Problem) -> Access? {
        for record in try await tokenRecords() where record.value.hash.matches(token) {
            return Access(scope: record.value.scope)
        }
        return nil
    }

    package func name(ofToken token: String) async throws(Problem) -> String? {
        try await tokenRecords().first { $0.value.hash.matches(token) }?.value.name
    }

    private func tokenRecords() async throws(Problem) -> [Versioned<TokenRecord>] {
        try await records.list(under: Records.Kind.tokens.prefix)
    }

    private func key(of name: String) -> String { "\(Records.Kind.tokens.prefix)\(name)" }

    // MARK: Signing in to the page

    package func makeSignInCode() async throws(Problem) -> (code: String, expiresAt: Date) {
        signInCodes.make(now: Date())
    }

    package func redeem(signInCode: String) async throws(Problem) -> Access? {
        signInCodes.redeem(signInCode, now: Date()) ? .admin : nil
    }
}

/// Sign-in codes for `roost open`, valid once and kept in memory: a restart of the daemon ends them.
final class SignInCodes: Sendable {
    private static let lifetime: TimeInterval = 60
    private static let most = 100
    /// Sorted by age, newest last.
    private let codes = Mutex<[(hash: TokenHash, end: Date)]>([])

    func make(now: Date) -> (code: String, expiresAt: Date) {
        let code = TokenHash.makeToken()
        let end = now.addingTimeInterval(Self.lifetime)
        codes.withLock { codes in
            codes = codes.filter { $0.end > now }.suffix(Self.most - 1) + [(TokenHash(of: code), end)]
        }
        return (code, end)
    }

    func redeem(_ code: String, now: Date) -> Bool {
        codes.withLock { codes in
            guard let place = codes.firstIndex(where: { $0.hash.matches(code) }) else { return false }
            return codes.remove(at: place).end > now
        }
    }
}
