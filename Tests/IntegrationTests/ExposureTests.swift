import Foundation
import RoostModel
import Testing

/// `expose: network`: the service is reachable from other machines, and then only with TLS.
@Suite
struct ExposureTests {
    /// An address of this machine that is not loopback; nil if there is none.
    private static let address: String? = {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return nil }
        defer { freeifaddrs(list) }
        for entry in sequence(first: list, next: { $0?.pointee.ifa_next }) {
            guard let entry, let address = entry.pointee.ifa_addr, address.pointee.sa_family == AF_INET else {
                continue
            }
            var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let length = socklen_t(MemoryLayout<sockaddr_in>.size)
            guard getnameinfo(address, length, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST) == 0 else {
                continue
            }
            let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if !text.hasPrefix("127.") { return text }
        }
        return nil
    }()

    private static let exposed = BuildFiles.services("data: {type: mysql, memory: 192M, expose: network}")
    private static let noAddress: Comment = "this machine has no address but loopback"

    @Test(.enabled(if: address != nil, noAddress))
    func anExposedServiceTakesTLSAloneOnEveryAddress() async throws {
        let address = try #require(Self.address)
        try await withRoost { roost in
            try await roost.push(Self.exposed)
            let shown = try await roost.info(showPassword: true)
            for host in [address, "127.0.0.1"] {
                let there = shown.at(host)
                let encrypted = try await roost.connect(
                    there, statement: "show status like 'Ssl_cipher'",
                    options: ["--ssl", "--skip-ssl-verify-server-cert"])
                #expect(encrypted.status == 0, "\(encrypted)")
                #expect(encrypted.output.contains("TLS_") || encrypted.output.contains("ECDHE"), "\(encrypted)")
                let plain = try await roost.connect(there, options: ["--skip-ssl"])
                #expect(plain.status != 0, "\(plain)")
            }
            // The server itself stays on loopback.
            #expect(
                try await roost.roost("run", "data", "-A", "ramen", "--", "mysql", "-Ne", "select @@bind_address")
                    .output == "127.0.0.1\n")
        }
    }

    @Test(.enabled(if: address != nil, noAddress))
    func aLocalServiceIsNotReachedFromOutside() async throws {
        let address = try #require(Self.address)
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let shown = try await roost.info(showPassword: true)
            #expect(try await roost.connect(shown).status == 0)
            #expect(try await roost.connect(shown.at(address)).status != 0)
        }
    }

    @Test func exposureIsChangedInPlace() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            try await roost.query("create table t as select 42 as n")
            let before = try await roost.info(showPassword: true)
            try await roost.push(Self.exposed)
            try await roost.waitReady()
            let exposed = try await roost.info(showPassword: true)
            #expect(exposed.password == before.password && exposed.endpoint.port == before.endpoint.port)
            let ran = try await roost.roost("run", "data", "-A", "ramen", "--", "mysql", "-Ne", "select n from t")
            #expect(ran.output == "42\n", "\(ran)")

            try await roost.push(BuildFiles.services("data: {type: mysql, memory: 192M, expose: local}"))
            try await roost.waitReady()
            #expect(try await roost.connect(before, options: ["--skip-ssl"]).status == 0)
        }
    }
}

extension ServiceInfo {
    fileprivate func at(_ host: String) -> ServiceInfo {
        var copy = self
        copy.endpoint = Address(host: host, port: endpoint.port)
        return copy
    }
}
