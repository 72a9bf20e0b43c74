import Crypto
import Foundation
import RoostModel
import SwiftASN1
import X509

/// A server's certificate and private key, as files hold them (PEM; the key as PKCS #8, which OpenSSL reads).
package struct IssuedCertificate: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package let certificatePEM: String
    package let keyPEM: String
    package let expiresAt: Date

    package var description: String { "IssuedCertificate(until \(expiresAt))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension CertificateAuthority {
    /// Issues a server certificate with a key of its own, valid for a year by default, and never longer than the
    /// authority itself. Clients compare the address that they connected to only with `dnsNames` and `addresses`
    /// (IPv4 and IPv6, as text); the common name is for people.
    package func issue(
        commonName: String, dnsNames: [String], addresses: [String], now: Date, validFor: TimeInterval = 365 * 86_400
    ) throws(SecretsError) -> IssuedCertificate {
        let names = try Self.generalNames(dnsNames, addresses)
        guard (1...64).contains(commonName.count) else {  // X.520's bound
            throw .refused("the common name '\(commonName)' has \(commonName.count) characters; it may have 1 to 64")
        }
        let end = min(now + validFor, expiresAt)
        guard now < end else { throw .refused("a certificate that expires at \(end) has already expired at \(now)") }
        let serverKey = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(serverKey.publicKey)
        do {
            let issued = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
                notValidBefore: now - Self.clockTolerance, notValidAfter: end,
                issuer: certificate.subject,
                subject: try DistinguishedName {
                    OrganizationName("Roost")
                    CommonName(commonName)
                },
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames(names)
                    SubjectKeyIdentifier(hash: publicKey)
                    AuthorityKeyIdentifier(
                        keyIdentifier: try certificate.extensions.subjectKeyIdentifier?.keyIdentifier)
                },
                issuerPrivateKey: Certificate.PrivateKey(key))
            return IssuedCertificate(
                certificatePEM: try issued.serializeAsPEM().pemString, keyPEM: serverKey.pemRepresentation,
                expiresAt: issued.notValidAfter)
        } catch {
            throw .unavailable("cannot issue a certificate for '\(commonName)': \(error)")
        }
    }

    /// Whether a server's certificate should be issued again: less than a third of its time is left, it is not valid
    /// yet, it is not ours, it lacks one of the names, or it cannot be read.
    package func needsRenewal(
        _ pem: String, dnsNames: [String] = [], addresses: [String] = [], now: Date
    ) -> Bool {
        // An unreadable certificate is replaced.
        guard let issued = try? Certificate(pemEncoded: pem),
            certificate.publicKey.isValidSignature(issued.signature, for: issued),
            let names = try? issued.extensions.subjectAlternativeNames,
            let needed = try? Self.generalNames(dnsNames, addresses, mayBeEmpty: true)
        else { return true }
        let lifetime = issued.notValidAfter.timeIntervalSince(issued.notValidBefore)
        return now < issued.notValidBefore
            || issued.notValidAfter.timeIntervalSince(now) < lifetime / 3
            || !Set(names).isSuperset(of: needed)
    }

    private static func generalNames(
        _ dnsNames: [String], _ addresses: [String], mayBeEmpty: Bool = false
    ) throws(SecretsError) -> [GeneralName] {
        var names: [GeneralName] = []
        for name in dnsNames {
            let labels = name.split(separator: ".", omittingEmptySubsequences: false)
            guard name.utf8.count <= 253, labels.allSatisfy(isLabel) else {
                throw .refused("'\(name)' is not a valid host name for a certificate")
            }
            names.append(.dnsName(name.lowercased()))
        }
        for address in addresses {
            guard let bytes = bytes(of: address) else { throw .refused("'\(address)' is not a valid IP address") }
            names.append(.ipAddress(ASN1OctetString(contentBytes: bytes[...])))
        }
        guard mayBeEmpty || !names.isEmpty else {
            throw .refused("a certificate needs a host name or an address")
        }
        return names
    }

    /// Letters, digits, hyphens and underscores, or the star of a wildcard.
    private static func isLabel(_ label: Substring) -> Bool {
        label == "*"
            || (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
    }

    private static func bytes(of address: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, address, &bytes) == 1 { return Array(bytes.prefix(4)) }
        return inet_pton(AF_INET6, address, &bytes) == 1 ? bytes : nil
    }
}
