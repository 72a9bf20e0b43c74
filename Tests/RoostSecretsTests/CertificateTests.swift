import Crypto
import Foundation
import Glibc
import Testing

@testable import RoostSecrets

/// The internal authority, its files, and the certificates that it issues.
@Suite struct CertificateTests {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)
    static let year: TimeInterval = 365 * 86_400
    let now = Self.now
    let key = HomeKey.random()

    private func issue(_ authority: CertificateAuthority, at now: Date = now) throws -> IssuedCertificate {
        try authority.issue(
            commonName: "ramen/data", dnsNames: ["db.example.com", "localhost"],
            addresses: ["127.0.0.1", "192.0.2.7", "::1"], now: now)
    }

    @Test func isMadeOnceWithItsKeySealed() throws {
        try Folder.with { folder in
            let made = try CertificateAuthority.loadOrMake(folder: folder.path, key: key, now: now)
            #expect(try folder.names == ["ca.key", "ca.pem"])
            #expect(try mode(folder.path + "/ca.pem") == 0o644)
            #expect(try mode(folder.path + "/ca.key") == 0o600)
            #expect(try bytes(folder.path + "/ca.pem") == Data(made.certificatePEM.utf8))
            #expect(try !String(decoding: bytes(folder.path + "/ca.key"), as: UTF8.self).contains("PRIVATE"))
            #expect(made.expiresAt.timeIntervalSince(now) == 10 * Self.year)

            let again = try CertificateAuthority.loadOrMake(folder: folder.path, key: key, now: now + Self.year)
            #expect(again.certificatePEM == made.certificatePEM)
            let issued = try issue(again)
            #expect(!made.needsRenewal(issued.certificatePEM, now: now))
        }
    }

    @Test func endsAMakingThatWasCutShort() throws {
        try Folder.with { folder in
            let made = try CertificateAuthority.loadOrMake(folder: folder.path, key: key, now: now)
            let issued = try issue(made)
            try #require(unlink(folder.path + "/ca.pem") == 0)
            let again = try CertificateAuthority.loadOrMake(folder: folder.path, key: key, now: now)
            // The key is the same, so certificates that were issued before are still ours.
            #expect(!again.needsRenewal(issued.certificatePEM, now: now))
        }
    }

    @Test func replacesNothingThatItCannotUse() throws {
        try Folder.with { folder in
            _ = try CertificateAuthority.loadOrMake(folder: folder.path, key: key, now: now)
            let sealed = try bytes(folder.path + "/ca.key")
            let certificate = try bytes(folder.path + "/ca.pem")
            func load(_ key: HomeKey? = nil) throws {
                _ = try CertificateAuthority.loadOrMake(folder: folder.path, key: key ?? self.key, now: now)
            }

            #expect(throws: SecretsError.wrongKey(context: "certificate-authority/key")) { try load(.random()) }
            try #require(unlink(folder.path + "/ca.key") == 0)
            #expect(throws: SecretsError.missing(path: folder.path + "/ca.key")) { try load() }
            try folder.write(sealed.dropLast(4), "ca.key", mode: 0o600)
            #expect(throws: SecretsError.self) { try load() }
            try folder.write(sealed, "ca.key", mode: 0o640)
            #expect { try load() } throws: { isExposed($0) }
            try folder.write(sealed, "ca.key", mode: 0o600)
            try folder.write(Data("no certificate".utf8), "ca.pem", mode: 0o644)
            #expect { try load() } throws: { isMalformed($0) }
            try folder.write(certificate, "ca.pem", mode: 0o666)
            #expect { try load() } throws: { isExposed($0) }
            // The certificate is another authority's.
            try Folder.with { other in
                let stranger = try CertificateAuthority.loadOrMake(folder: other.path, key: key, now: now)
                try folder.write(Data(stranger.certificatePEM.utf8), "ca.pem", mode: 0o644)
            }
            #expect { try load() } throws: { isMalformed($0) }
            try folder.write(certificate, "ca.pem", mode: 0o644)
            try load()
            #expect(try folder.names == ["ca.key", "ca.pem"])
        }
    }

    @Test(arguments: [
        (["-verify_hostname", "db.example.com"], true), (["-verify_hostname", "localhost"], true),
        (["-verify_hostname", "example.com"], false), (["-verify_ip", "192.0.2.7"], true),
        (["-verify_ip", "::1"], true), (["-verify_ip", "192.0.2.8"], false), (["-purpose", "sslclient"], false),
    ])
    func openSSLAcceptsItForItsNamesAlone(_ options: [String], _ isAccepted: Bool) throws {
        try Folder.with { folder in
            let authority = try CertificateAuthority.loadOrMake(folder: folder.path, key: key, now: now)
            try folder.write(Data(try issue(authority).certificatePEM.utf8), "server.pem", mode: 0o644)
            let purpose = options.first == "-purpose" ? [] : ["-purpose", "sslserver"]
            let result = try openssl(
                ["verify", "-x509_strict", "-attime", "\(Int(now.timeIntervalSince1970) + 60)"] + purpose + options
                    + ["-CAfile", folder.path + "/ca.pem", folder.path + "/server.pem"])
            #expect((result.status == 0) == isAccepted, "\(result.output)")
        }
    }

    @Test func openSSLTakesTheKeyForTheCertificate() throws {
        try Folder.with { folder in
            let authority = try CertificateAuthority.loadOrMake(folder: folder.path, key: key, now: now)
            let issued = try issue(authority)
            try folder.write(Data(issued.certificatePEM.utf8), "server.pem", mode: 0o644)
            try folder.write(Data(issued.keyPEM.utf8), "server.key", mode: 0o600)
            let check = try openssl(["pkey", "-check", "-noout", "-in", folder.path + "/server.key"])
            #expect(check.status == 0, "\(check.output)")
            let fromKey = try openssl(["pkey", "-pubout", "-in", folder.path + "/server.key"])
            let fromCertificate = try openssl(["x509", "-pubkey", "-noout", "-in", folder.path + "/server.pem"])
            #expect(fromKey.output == fromCertificate.output)
            #expect(fromKey.output.contains("PUBLIC KEY"))
        }
    }

    @Test func eachMayBeUsedForItsPurposeAlone() throws {
        try Folder.with { folder in
            let authority = try CertificateAuthority.loadOrMake(folder: folder.path, key: key, now: now)
            try folder.write(Data(try issue(authority).certificatePEM.utf8), "server.pem", mode: 0o644)
            let extensions = try ["ca", "server"].map { name in
                try openssl([
                    "x509", "-noout", "-ext", "basicConstraints,keyUsage,extendedKeyUsage", "-in",
                    "\(folder.path)/\(name).pem",
                ]).output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            }
            #expect(
                extensions[0] == [
                    "X509v3 Basic Constraints: critical", "CA:TRUE, pathlen:0", "X509v3 Key Usage: critical",
                    "Certificate Sign, CRL Sign",
                ])
            #expect(
                extensions[1] == [
                    "X509v3 Basic Constraints: critical", "CA:FALSE", "X509v3 Key Usage: critical",
                    "Digital Signature", "X509v3 Extended Key Usage:", "TLS Web Server Authentication",
                ])
        }
    }

    @Test(arguments: [(0.0, false), (0.6, false), (0.7, true), (1.1, true), (-0.1, true)])
    func renewsWhenAThirdOfItsTimeIsLeft(_ part: Double, _ isDue: Bool) throws {
        try Folder.with { folder in
            let authority = try CertificateAuthority.loadOrMake(folder: folder.path, key: key, now: now)
            let pem = try issue(authority).certificatePEM
            #expect(authority.needsRenewal(pem, now: now + part * Self.year) == isDue)
        }
    }

    @Test func renewsWhatIsNotOursOrLacksAName() throws {
        try Folder.with { folder in
            let authority = try CertificateAuthority.loadOrMake(folder: folder.path, key: key, now: now)
            let pem = try issue(authority).certificatePEM
            #expect(authority.needsRenewal("", now: now))
            #expect(authority.needsRenewal(authority.certificatePEM.replacing("A", with: "B"), now: now))
            #expect(!authority.needsRenewal(pem, dnsNames: ["localhost"], addresses: ["192.0.2.7"], now: now))
            #expect(authority.needsRenewal(pem, dnsNames: ["other"], now: now))
            #expect(authority.needsRenewal(pem, addresses: ["192.0.2.8"], now: now))
            try Folder.with { other in
                let stranger = try CertificateAuthority.loadOrMake(folder: other.path, key: key, now: now)
                #expect(stranger.needsRenewal(pem, now: now))
            }
        }
    }

    @Test func issuesNothingThatOutlivesTheAuthority() throws {
        try Folder.with { folder in
            let authority = try CertificateAuthority.loadOrMake(folder: folder.path, key: key, now: now)
            #expect(try issue(authority).expiresAt == now + Self.year)
            #expect(try issue(authority, at: now + 9.5 * Self.year).expiresAt == authority.expiresAt)
            #expect { try issue(authority, at: now + 10 * Self.year) } throws: { isRefused($0) }
        }
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var commonName = "ramen/data"
        var dnsNames: [String] = []
        var addresses: [String] = []

        static let all = [
            Refused(testDescription: "no name at all"),
            Refused(testDescription: "an empty host name", dnsNames: [""]),
            Refused(testDescription: "a host name with a space", dnsNames: ["a b"]),
            Refused(testDescription: "a host name with an empty label", dnsNames: ["a..b"]),
            Refused(testDescription: "a host name beyond ASCII", dnsNames: ["caf\u{e9}"]),
            Refused(testDescription: "a long label", dnsNames: [String(repeating: "a", count: 64)]),
            Refused(testDescription: "no address", addresses: ["localhost"]),
            Refused(testDescription: "an address with a port", addresses: ["127.0.0.1:80"]),
            Refused(testDescription: "an address with a zone", addresses: ["fe80::1%eth0"]),
            Refused(testDescription: "no common name", commonName: "", dnsNames: ["a"]),
            Refused(
                testDescription: "a long common name", commonName: String(repeating: "a", count: 65), dnsNames: ["a"]),
        ]
    }

    @Test(arguments: Refused.all) func refusesNamesThatNoClientWouldMatch(_ refused: Refused) throws {
        try Folder.with { folder in
            let authority = try CertificateAuthority.loadOrMake(folder: folder.path, key: key, now: now)
            #expect {
                try authority.issue(
                    commonName: refused.commonName, dnsNames: refused.dnsNames, addresses: refused.addresses, now: now)
            } throws: { isRefused($0) }
        }
    }

    @Test func showsNoPrivateKey() throws {
        try Folder.with { folder in
            let authority = try CertificateAuthority.loadOrMake(folder: folder.path, key: key, now: now)
            let issued = try issue(authority)
            var dumped = ""
            dump(authority, to: &dumped)
            dump(issued, to: &dumped)
            let secrets = [issued.keyPEM, authority.key.pemRepresentation].flatMap { pem in
                pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.map(String.init)
            }
            for text in ["\(authority) \(issued)", String(reflecting: authority), String(reflecting: issued), dumped] {
                for secret in secrets { #expect(!text.contains(secret)) }
                #expect(!text.contains("rawRepresentation"))
            }
            #expect(Mirror(reflecting: authority).children.isEmpty)
            #expect(Mirror(reflecting: issued).children.isEmpty)
        }
    }

    private func openssl(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus != 127, "these tests need the openssl command")
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }
}
