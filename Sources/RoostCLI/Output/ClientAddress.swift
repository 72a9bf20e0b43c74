import Foundation
import RoostModel

/// The address of a database in the form of one kind of client. Pure; `docs/guides/clients.md` has the table.
///
/// The plain address works wherever TLS is not required. With TLS, clients differ in the parameters for encryption
/// and for the trusted authority, and most refuse another client's parameters.
package struct ClientAddress: Equatable, Sendable {
    package enum Client: String, CaseIterable, Sendable {
        case sqlalchemy, django, rails, prisma, go, jdbc
        case redisPython = "redis-py"
    }

    package let text: String
    /// Instructions for steps besides using the address.
    package let note: String?

    /// The plain address, with the authority's file if the address has a parameter for it.
    package static func plain(_ service: ServiceInfo, authority: String) throws(Problem) -> ClientAddress {
        let parts = try Parts(service)
        switch parts.family {
        case .postgresql:
            return ClientAddress(text: parts.url("postgresql", query: parts.libpq(authority)), note: nil)
        case .mongodb:
            let separator = parts.plain.contains("?") ? "&" : "?"
            return ClientAddress(
                text: parts.plain + "\(separator)tlsCAFile=\(authority.percentEncoded(keeping: "/"))", note: nil)
        case .mysql, .redis:
            throw Problem(
                .usage,
                "--ca needs --for: clients of \(service.type) take the certificate in different ways",
                next: [
                    "roost url \(service.service) -A \(service.application) --for sqlalchemy --ca FILE"
                ])
        }
    }

    package init(text: String, note: String? = nil) {
        self.text = text
        self.note = note
    }

    /// `authority` is the path of the certificate where the client runs; nil: encrypt without verifying the server.
    package init(of service: ServiceInfo, for client: Client, authority: String?) throws(Problem) {
        let parts = try Parts(service)
        if authority != nil, !parts.isExposed {
            throw Problem(
                .usage,
                "'\(service.service)' is only reachable on this machine, without TLS; --ca is for exposed services",
                next: ["roost url \(service.service) -A \(service.application) --for \(client.rawValue)"])
        }
        switch (parts.family, client) {
        case (.mysql, _): (text, note) = try Self.mysql(parts, client, authority)
        case (.postgresql, _): (text, note) = try Self.postgresql(parts, client, authority)
        case (.redis, .redisPython):
            text = parts.plain + (authority.map { "?ssl_ca_certs=\($0.percentEncoded(keeping: "/"))" } ?? "")
            note =
                parts.isExposed && authority == nil
                ? "redis-py rejects a certificate that it cannot verify: add --ca" : nil
        case (.redis, _), (.mongodb, _): throw parts.unknown(client)
        }
    }

    private static func mysql(
        _ parts: Parts, _ client: Client, _ authority: String?
    ) throws(Problem) -> (String, String?) {
        let file = authority.map { $0.percentEncoded(keeping: "/") }
        let tls = { (plain: String, checked: (String) -> String) in
            parts.isExposed ? file.map(checked) ?? plain : ""
        }
        switch client {
        case .sqlalchemy: return (parts.url("mysql+pymysql", query: tls("") { "ssl_ca=\($0)" }), nil)
        case .django: return (parts.url("mysql", query: tls("") { "ssl-ca=\($0)" }), nil)
        case .rails:
            return (
                parts.url("mysql2", query: tls("ssl_mode=required") { "ssl_mode=verify_identity&sslca=\($0)" }), nil
            )
        case .prisma:
            return (
                parts.url("mysql", query: tls("sslaccept=accept_invalid_certs") { "sslaccept=strict&sslcert=\($0)" }),
                nil
            )
        case .go:
            let query = tls("tls=skip-verify") { _ in "tls=roost" }
            let address = "\(parts.user):\(parts.password)@tcp(\(parts.host))/\(parts.database)"
            let note = authority.map { "Register \($0) first: mysql.RegisterTLSConfig(\"roost\", …)" }
            return (address + (query.isEmpty ? "" : "?\(query)"), note)
        case .jdbc where parts.isOracle:
            let query = tls("sslMode=REQUIRED") {
                "sslMode=VERIFY_CA&trustCertificateKeyStoreType=PEM&trustCertificateKeyStoreUrl=file:\($0)"
            }
            return (parts.jdbc("mysql", query: query), nil)
        case .jdbc:
            // Connector/J for MariaDB before 3.0 knows only the older parameters; later versions know both.
            let query = tls("useSsl=true&trustServerCertificate=true") { "useSsl=true&serverSslCert=\($0)" }
            return (parts.jdbc("mariadb", query: query), nil)
        case .redisPython: throw parts.unknown(client)
        }
    }

    private static func postgresql(
        _ parts: Parts, _ client: Client, _ authority: String?
    ) throws(Problem) -> (String, String?) {
        let libpq = parts.libpq(authority)
        switch client {
        case .sqlalchemy: return (parts.url("postgresql+psycopg", query: libpq), nil)
        case .django, .rails: return (parts.url("postgresql", query: libpq), nil)
        case .prisma:
            let file = authority.map { "&sslcert=\($0.percentEncoded(keeping: "/"))" } ?? ""
            return (parts.url("postgresql", query: parts.isExposed ? "sslmode=require\(file)" : ""), nil)
        // Go's pq requires TLS by default.
        case .go: return (parts.url("postgres", query: parts.isExposed ? libpq : "sslmode=disable"), nil)
        case .jdbc: return (parts.jdbc("postgresql", query: libpq), nil)
        case .redisPython: throw parts.unknown(client)
        }
    }
}

/// The parts of an address, escaped for a URL.
private struct Parts {
    enum Family { case mysql, postgresql, redis, mongodb }

    let service: ServiceInfo
    let family: Family
    /// The address that `roost url` prints.
    let plain: String
    let password: String

    init(_ service: ServiceInfo) throws(Problem) {
        guard let url = service.url, let password = service.password else {
            throw Problem(.forbidden, "you are not allowed to see the URL of '\(service.service)'")
        }
        switch service.type {
        case "mysql", "mariadb": family = .mysql
        case "postgresql": family = .postgresql
        case "redis", "valkey": family = .redis
        case "mongodb": family = .mongodb
        default:
            throw Problem(
                .usage, "--for and --ca are for databases, but '\(service.service)' is of type \(service.type)",
                next: ["roost url \(service.service) -A \(service.application)"])
        }
        self.service = service
        plain = url
        self.password = password
    }

    var isExposed: Bool { service.expose == "network" }
    var isOracle: Bool { service.engine.hasPrefix("mysql@") }
    var user: String { service.user }
    var database: String { service.database }
    var host: String {
        let host = service.endpoint.host
        return "\(host.contains(":") ? "[\(host)]" : host):\(service.endpoint.port)"
    }

    func url(_ scheme: String, query: String) -> String {
        "\(scheme)://\(user.percentEncoded(keeping: "/")):\(password.percentEncoded(keeping: "/"))@\(host)/\(database.percentEncoded(keeping: "/"))"
            + (query.isEmpty ? "" : "?\(query)")
    }

    func jdbc(_ scheme: String, query: String) -> String {
        let account = "user=\(user.percentEncoded(keeping: "/"))&password=\(password.percentEncoded(keeping: "/"))"
        return "jdbc:\(scheme)://\(host)/\(database.percentEncoded(keeping: "/"))?\(account)"
            + (query.isEmpty ? "" : "&\(query)")
    }

    /// The query parameters of libpq and of clients that follow it.
    func libpq(_ authority: String?) -> String {
        guard isExposed else { return "" }
        return authority.map { "sslmode=verify-ca&sslrootcert=\($0.percentEncoded(keeping: "/"))" } ?? "sslmode=require"
    }

    func unknown(_ client: ClientAddress.Client) -> Problem {
        Problem(
            .usage, "\(client.rawValue) is not a client for \(service.type)",
            next: ["roost url \(service.service) -A \(service.application)"])
    }
}
