import RoostModel

/// Reads what the page shows to a caller.
struct OverviewReader: Sendable {
    let applications: any ApplicationsAPI
    let machine: any MachineAPI
    let events: any EventsAPI
    let version: String

    func read(_ scope: Scope) async throws(Problem) -> Overview {
        let applications = try await applications.list().filter { scope.includes($0.name) }
        let usage = try await machine.usage(of: scope.onlyApplication)
        let recent = try await events.newest(40, application: scope.onlyApplication)
        let host = try await machine.hosts().first
        return Overview(applications, usage: usage, events: recent, machine: host, version: version)
    }
}
