import RoostModel

/// Reads what the page shows to a caller.
struct OverviewReader: Sendable {
    let applications: any ApplicationsAPI
    let machine: any MachineAPI
    let events: any EventsAPI
    let version: String

    func read(_ reach: Reach) async throws(Problem) -> Overview {
        let applications = try await applications.list().filter { reach.includes($0.name) }
        let usage = try await machine.usage(of: reach.onlyApplication)
        let recent = try await events.newest(40, application: reach.onlyApplication)
        let host = try await machine.hosts().first
        return Overview(applications, usage: usage, events: recent, machine: host, version: version)
    }
}
