import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// The address for each kind of client has that client's own words for TLS and for the authority, and no other's.
@Suite struct ClientAddressTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let type: String
        let engine: String
        let client: ClientAddress.Client
        let local: String
        let exposed: String
        let checked: String
        var testDescription: String { "\(engine) for \(client.rawValue)" }

        init(_ engine: String, _ client: ClientAddress.Client, _ local: String, _ exposed: String, _ checked: String) {
            let name = String(engine.prefix { $0 != "@" })
            type = name
            self.engine = engine
            self.client = client
            self.local = local
            self.exposed = exposed
            self.checked = checked
        }
    }

    static let rows = [
        Row("mariadb@10.11.19", .sqlalchemy, "mysql+pymysql://root:pw@HOST/data", "", "?ssl_ca=/ca.pem"),
        Row("mariadb@10.11.19", .django, "mysql://root:pw@HOST/data", "", "?ssl-ca=/ca.pem"),
        Row(
            "mariadb@10.11.19", .rails, "mysql2://root:pw@HOST/data", "?ssl_mode=required",
            "?ssl_mode=verify_identity&sslca=/ca.pem"),
        Row(
            "mariadb@10.11.19", .prisma, "mysql://root:pw@HOST/data", "?sslaccept=accept_invalid_certs",
            "?sslaccept=strict&sslcert=/ca.pem"),
        Row("mariadb@10.11.19", .go, "root:pw@tcp(HOST)/data", "?tls=skip-verify", "?tls=roost"),
        Row(
            "mariadb@10.11.19", .jdbc, "jdbc:mariadb://HOST/data?user=root&password=pw",
            "&useSsl=true&trustServerCertificate=true", "&useSsl=true&serverSslCert=/ca.pem"),
        Row(
            "mysql@9.7.4", .jdbc, "jdbc:mysql://HOST/data?user=root&password=pw", "&sslMode=REQUIRED",
            "&sslMode=VERIFY_CA&trustCertificateKeyStoreType=PEM&trustCertificateKeyStoreUrl=file:/ca.pem"),
        Row(
            "postgresql@15.10", .sqlalchemy, "postgresql+psycopg://root:pw@HOST/data", "?sslmode=require",
            "?sslmode=verify-ca&sslrootcert=/ca.pem"),
        Row(
            "postgresql@15.10", .django, "postgresql://root:pw@HOST/data", "?sslmode=require",
            "?sslmode=verify-ca&sslrootcert=/ca.pem"),
        Row(
            "postgresql@15.10", .rails, "postgresql://root:pw@HOST/data", "?sslmode=require",
            "?sslmode=verify-ca&sslrootcert=/ca.pem"),
        Row(
            "postgresql@15.10", .prisma, "postgresql://root:pw@HOST/data", "?sslmode=require",
            "?sslmode=require&sslcert=/ca.pem"),
        Row(
            "postgresql@15.10", .jdbc, "jdbc:postgresql://HOST/data?user=root&password=pw", "&sslmode=require",
            "&sslmode=verify-ca&sslrootcert=/ca.pem"),
        Row("redis@7.0.15", .redisPython, "redis://root:pw@HOST/0", "", "?ssl_ca_certs=/ca.pem"),
    ]

    /// The service as a daemon describes it.
    static func service(_ row: Row, exposed: Bool) throws -> ServiceInfo {
        let document = try JSON.encode(try Samples.service(password: "pw"))
        var fields = try #require(try JSONSerialization.jsonObject(with: document) as? [String: Any])
        fields["type"] = row.type
        fields["engine"] = row.engine
        fields["expose"] = exposed ? "network" : "local"
        fields["url"] = row.local.replacing("HOST", with: "127.0.0.1:21000")
        return try JSON.decode(from: try JSONSerialization.data(withJSONObject: fields))
    }

    @Test(arguments: rows)
    func eachClientGetsItsOwnForm(row: Row) throws {
        let local = row.local.replacing("HOST", with: "127.0.0.1:21000")
        let here = try ClientAddress(of: try Self.service(row, exposed: false), for: row.client, authority: nil)
        #expect(here.text == local)
        let exposed = try Self.service(row, exposed: true)
        #expect(try ClientAddress(of: exposed, for: row.client, authority: nil).text == local + row.exposed)
        #expect(try ClientAddress(of: exposed, for: row.client, authority: "/ca.pem").text == local + row.checked)
    }

    @Test func goSaysWhetherToEncryptInBothCases() throws {
        let row = Row("postgresql@15.10", .go, "postgres://root:pw@HOST/data", "", "")
        let here = try ClientAddress(of: try Self.service(row, exposed: false), for: .go, authority: nil)
        #expect(here.text.hasSuffix("?sslmode=disable"), "its driver asks for TLS where nothing is said")
        let there = try ClientAddress(of: try Self.service(row, exposed: true), for: .go, authority: nil)
        #expect(there.text.hasSuffix("?sslmode=require"))
    }

    @Test func anAuthorityWithoutTLSAndAClientOfAnotherTypeAreRefused() throws {
        let row = Self.rows[0]
        #expect(throws: Problem.self) {
            try ClientAddress(of: try Self.service(row, exposed: false), for: row.client, authority: "/ca.pem")
        }
        #expect(throws: Problem.self) {
            try ClientAddress(of: try Self.service(row, exposed: true), for: .redisPython, authority: nil)
        }
        #expect(throws: Problem.self) {
            try ClientAddress.plain(try Self.service(row, exposed: true), authority: "/ca.pem")
        }
    }

    @Test func theCommandPrintsItAlone() async throws {
        let path = "GET /v1/applications/ramen/services/data"
        let answers: [String: @Sendable (FakeDaemon.Request) throws -> FakeDaemon.Response] = [
            path: { _ in try .json(Samples.service(password: "pw")) },
            "GET /v1/ca": { _ in try .json(AuthorityInfo(certificate: "-----BEGIN CERTIFICATE-----\n")) },
        ]
        try await withDaemon(answers) { scene, _ in
            let outcome = await scene.roost("url", "data", "-A", "ramen", "--for", "sqlalchemy")
            #expect(outcome.output == "mysql+pymysql://root:pw@127.0.0.1:21000/data\n")
            #expect(await scene.roost("url", "data", "-A", "ramen", "--for", "cobol").status == 2)
            #expect(await scene.roost("ca").output == "-----BEGIN CERTIFICATE-----\n")
        }
    }
}
