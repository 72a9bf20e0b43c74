import Foundation
import RoostAPI
import RoostModel
import Testing

/// Steps of the tests of groups, on a service called `it`.
extension Roost {
    func scale(to count: Int) async throws {
        try await roost("scale", "it:instances=\(count)", "-A", "ramen", "--yes").expectSuccess()
        #expect(try await info("it").instances.count == count)
    }

    func replicated() async throws {
        try await roost("wait", "it", "-A", "ramen", "--for", "replicated", "--timeout", "120s").expectSuccess()
    }

    /// The processes of an instance's server.
    func serverProcesses(of instance: String) -> [RunningProcess] {
        ProcessTable.processes(of: "\(home)/instances/ramen/\(instance)").filter { !$0.program.hasPrefix("roost") }
    }

    /// Kills the primary's server: the service goes on with all writes, wherever.
    func goesOnAfterKill(_ row: EngineRow, _ service: ServiceInfo) async throws {
        try await replicated()
        let old = try #require(try await info("it").instances.first { $0.role == "primary" }?.pid)
        kill(old, SIGKILL)
        try await eventuallyReads(row, "b", "behind it", at: service.url)
        try await roost("wait", "it", "-A", "ramen").expectSuccess()
        #expect(try await roles().sorted() == ["primary", "replica"])
        try await replicated()
    }

    func roles() async throws -> [String] { try await info("it").instances.map(\.role) }

    func eventuallyReads(
        _ row: EngineRow, _ key: String, _ value: String, at url: String?
    ) async throws {
        try await eventuallyOrExplained("\(key) is \(value)") {
            (try? await ask(row, at: url, "get", key)) == value
        }
    }

    /// A connection that was made just before the primary's end was noticed is broken with it.
    func eventuallyWrites(
        _ row: EngineRow, _ service: ServiceInfo, _ key: String, _ value: String
    ) async throws {
        try await eventuallyOrExplained("\(key) is written") {
            (try? await ask(row, service, "put", key, value)) != nil
        }
    }

    private func eventuallyOrExplained(_ what: String, _ condition: () async throws -> Bool) async throws {
        do { try await eventually(what, within: .seconds(120), condition) } catch {
            throw try await explained(error)
        }
    }

    /// The error, with what the service did before.
    func explained(_ error: any Error) async throws -> Unexpected {
        let events = try await roost("events", "-A", "ramen", "-n", "60").output
        let info = try await roost("info", "it", "-A", "ramen", "--json").output
        return Unexpected("\(error)\n\(events)\n\(info)")
    }
}

extension [RunningProcess] {
    func signal(_ signal: Int32) {
        for process in self { kill(process.pid, signal) }
    }
}

extension ServiceInfo {
    /// The service's URL with another port.
    func url(port: PortNumber) -> String? {
        url?.replacing(":\(endpoint.port)/", with: ":\(port)/")
    }

    func url(ofInstance index: Int) -> String? {
        instances.first { $0.name == "\(service).\(index)" }.flatMap { url(port: $0.port) }
    }

    func url(user: String, password: String) -> String? {
        guard var url = url.flatMap({ URLComponents(string: $0) }) else { return nil }
        (url.user, url.password) = (user, password)
        return url.string
    }
}
