import Crypto
import Foundation
import RoostModel

/// Seals (encrypts) texts with ChaCha20-Poly1305 (RFC 8439) and a random nonce. A sealed text is bound to its context,
/// the name of the secret, such as `ramen/data/password`: it cannot be opened in the place of another secret.
///
/// A sealed text is `v1:` and the base64 of
/// ```
/// key id, 8 bytes | context id, 8 bytes | nonce, 12 bytes | ciphertext | tag, 16 bytes
/// ```
/// Both ids and the whole context are authenticated. The ids distinguish a wrong key and a swapped secret from a
/// damaged secret, because an operator has to do something different in each of these cases. The ids are made with keys
/// of their own, derived from the root key, so they reveal nothing about it, nor about a context that is not already
/// known.
struct SealingKeys: Sendable {
    private static let prefix = "v1:"
    private static let idBytes = 8

    private let encryption: SymmetricKey
    /// Makes the context ids.
    private let contexts: SymmetricKey
    /// The key id.
    private let id: Data

    init(_ root: SymmetricKey) {
        encryption = Self.derive("seal", from: root)
        contexts = Self.derive("context id", from: root)
        id = Self.derive("key id", from: root).withUnsafeBytes { Data($0.prefix(Self.idBytes)) }
    }

    private static func derive(_ purpose: String, from root: SymmetricKey) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: root, info: Data("roost v1 \(purpose)".utf8), outputByteCount: 32)
    }

    func seal(_ text: String, context: String) throws(SecretsError) -> SealedSecret {
        let header = id + contextID(context)
        do {
            let box = try ChaChaPoly.seal(
                Data(text.utf8), using: encryption, authenticating: authenticated(header, context))
            return SealedSecret(rawValue: Self.prefix + (header + box.combined).base64EncodedString())
        } catch {
            throw .unavailable("cannot seal \(context): \(error)")
        }
    }

    func open(_ secret: SealedSecret, context: String) throws(SecretsError) -> String {
        guard secret.rawValue.hasPrefix(Self.prefix),
            let envelope = Data(base64Encoded: String(secret.rawValue.dropFirst(Self.prefix.count))),
            envelope.count > 2 * Self.idBytes,
            let box = try? ChaChaPoly.SealedBox(combined: envelope.dropFirst(2 * Self.idBytes))  // too short: no box
        else { throw .notSealed(context: context) }
        let header = envelope.prefix(2 * Self.idBytes)
        guard header.prefix(Self.idBytes) == id else { throw .wrongKey(context: context) }
        guard header.suffix(Self.idBytes) == contextID(context) else { throw .wrongContext(context: context) }
        // The only reason for a failure is a tag that does not match.
        guard
            let content = try? ChaChaPoly.open(box, using: encryption, authenticating: authenticated(header, context)),
            let text = String(validating: content, as: UTF8.self)
        else { throw .tampered(context: context) }
        return text
    }

    private func contextID(_ context: String) -> Data {
        Data(HMAC<SHA256>.authenticationCode(for: Data(context.utf8), using: contexts).prefix(Self.idBytes))
    }

    private func authenticated(_ header: Data, _ context: String) -> Data {
        Data(Self.prefix.utf8) + header + Data(context.utf8)
    }
}
