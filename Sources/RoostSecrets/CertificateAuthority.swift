import Crypto
import Foundation
import RoostModel
import SwiftASN1
import X509

/// A home's own certificate authority: clients with its certificate recognize the home's servers.
///
/// Its folder contains `ca.pem`, readable by everybody, and `ca.key`, sealed with the home's key.
package struct CertificateAuthority: Sendable {
    private static let lifetime: TimeInterval = 10 * 365 * 86_400
    /// Certificates are valid from a little earlier, for clients whose clocks are behind.
    static let clockTolerance: TimeInterval = 3_600
    private static let keyContext = "certificate-authority/key"

    /// The certificate that clients are given to trust.
    package let certificatePEM: String
    /// The latest end of all certificates that the authority issues.
    package var expiresAt: Date { certificate.notValidAfter }

    let certificate: Certificate
    let key: P256.Signing.PrivateKey

    /// Reads the authority, or makes one if there is none. Neither file is ever replaced: with a new key, every
    /// client would distrust every server. A key without a certificate is left by an interrupted creation, which is
    /// finished.
    package static func loadOrMake(folder: String, key homeKey: HomeKey, now: Date) throws(SecretsError)
        -> CertificateAuthority
    {
        let certificatePath = folder + "/ca.pem"
        let keyPath = folder + "/ca.key"
        let existing = try unlessMissing { () throws(SecretsError) in
            try PrivateFile.read(certificatePath, mode: 0o644)
        }
        var sealed = try unlessMissing { () throws(SecretsError) in try PrivateFile.read(keyPath, mode: 0o600) }
        guard existing == nil || sealed != nil else { throw .missing(path: keyPath) }

        if sealed == nil {
            let secret = try homeKey.seal(P256.Signing.PrivateKey().pemRepresentation, context: keyContext)
            // The key in the file counts: another daemon may have written its own first.
            _ = try PrivateFile.publish(Data(secret.rawValue.utf8), at: keyPath, mode: 0o600)
            sealed = try PrivateFile.read(keyPath, mode: 0o600)
        }
        let pem = try homeKey.open(
            SealedSecret(rawValue: String(decoding: sealed ?? Data(), as: UTF8.self)), context: keyContext)
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) else {  // the reason could quote the key
            throw .malformed(path: keyPath, reason: "it does not hold a P-256 key")
        }
        if existing == nil {
            let made = try selfSigned(key, now: now)
            _ = try PrivateFile.publish(Data(made.utf8), at: certificatePath, mode: 0o644)
        }
        let certificate = try PrivateFile.read(certificatePath, mode: 0o644)
        return try CertificateAuthority(String(decoding: certificate, as: UTF8.self), key: key, path: certificatePath)
    }

    private init(_ pem: String, key: P256.Signing.PrivateKey, path: String) throws(SecretsError) {
        do {
            certificate = try Certificate(pemEncoded: pem)
        } catch {
            throw .malformed(path: path, reason: "it is not a certificate: \(error)")
        }
        guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
            throw .malformed(path: path, reason: "it does not belong to the key in ca.key")
        }
        certificatePEM = pem
        self.key = key
    }

    private static func unlessMissing(
        _ read: () throws(SecretsError) -> Data
    ) throws(SecretsError) -> Data? {
        do {
            return try read()
        } catch {
            guard case .missing = error else { throw error }
            return nil
        }
    }

    private static func selfSigned(_ key: P256.Signing.PrivateKey, now: Date) throws(SecretsError) -> String {
        let publicKey = Certificate.PublicKey(key.publicKey)
        // The number is part of the name, so that two homes' authorities are not taken for one another.
        let number = SHA256.hash(data: key.publicKey.x963Representation).prefix(4).hexadecimal
        do {
            let name = try DistinguishedName {
                OrganizationName("Roost")
                CommonName("Roost internal CA \(number)")
            }
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
                notValidBefore: now - clockTolerance, notValidAfter: now + lifetime,
                issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: publicKey)
                },
                issuerPrivateKey: Certificate.PrivateKey(key))
            return try certificate.serializeAsPEM().pemString
        } catch {
            throw .unavailable("cannot make the certificate authority: \(error)")
        }
    }
}

extension CertificateAuthority: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "CertificateAuthority(\(certificate.subject))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
