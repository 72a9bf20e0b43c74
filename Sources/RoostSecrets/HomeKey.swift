import Crypto
import Foundation
import RoostModel

/// The key that a home's secrets are sealed with: 32 random bytes in a file that only its owner may read.
///
/// The store, or a backup of it, gives no secret away without this file.
package struct HomeKey: Sendable {
    private static let bytes = 32
    private static let mode: mode_t = 0o600

    let seals: SealingKeys
    private let root: SymmetricKey

    /// Reads the key. Throws `.missing` if there is none: a home with sealed data must not get a new key then.
    package static func load(path: String) throws(SecretsError) -> HomeKey {
        let content = try PrivateFile.read(path, mode: mode)
        guard content.count == bytes else {
            throw .malformed(path: path, reason: "it holds \(content.count) bytes, not \(bytes)")
        }
        return HomeKey(SymmetricKey(data: content))
    }

    /// Reads the key, or makes one if there is none. An existing file is never replaced, whatever its content.
    package static func loadOrMake(path: String) throws(SecretsError) -> HomeKey {
        do {
            return try load(path: path)
        } catch {
            guard case .missing = error else { throw error }
        }
        let key = SymmetricKey(size: .bits256)
        // The key in the file counts, so that two daemons at once have the same key.
        _ = try PrivateFile.publish(key.withUnsafeBytes { Data($0) }, at: path, mode: mode)
        return try load(path: path)
    }

    init(_ root: SymmetricKey) {
        self.root = root
        seals = SealingKeys(root)
    }

    /// Writes the key to its file if that was removed, and returns true then. An existing file is left as it is.
    package func putBack(path: String) throws(SecretsError) -> Bool {
        do { _ = try PrivateFile.read(path, mode: Self.mode) } catch {
            guard case .missing = error else { return false }
            return try PrivateFile.publish(root.withUnsafeBytes { Data($0) }, at: path, mode: Self.mode)
        }
        return false
    }

    /// Encrypts `text` as the secret that `context` names, such as `ramen/data/password`. The same text sealed twice
    /// gives two different results.
    package func seal(_ text: String, context: String) throws(SecretsError) -> SealedSecret {
        try seals.seal(text, context: context)
    }

    /// Decrypts a secret that `seal` made for the same context.
    package func open(_ secret: SealedSecret, context: String) throws(SecretsError) -> String {
        try seals.open(secret, context: context)
    }
}

extension HomeKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "HomeKey(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
