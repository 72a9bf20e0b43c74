import Foundation
import RoostControl
import RoostModel
import RoostStore

/// Carries out the API's calls on applications.
struct ApplicationHandler: ApplicationsAPI {
    let records: Records
    let machine: KnownMachine
    let files: EnvironmentFiles
    let events: EventLog
    let descriptions: Descriptions
    let destruction: Destruction

    func list() async throws(Problem) -> [ApplicationInfo] {
        let services = try await records.services()
        var infos: [ApplicationInfo] = []
        for application in try await records.applications() where !application.value.name.isOwn {
            let own = services.filter { $0.value.id.application == application.value.name }
            infos.append(try descriptions.application(application.value, own.map(\.value)))
        }
        return infos
    }

    func find(_ name: ApplicationName) async throws(Problem) -> ApplicationInfo {
        let application = try await records.findApplication(name)
        return try descriptions.application(
            application.value, try await records.services(of: name).map(\.value))
    }

    func create(_ name: ApplicationName) async throws(Problem) -> ApplicationInfo {
        let isNew = try await records.again { () async throws(Problem) in
            if let found = try await records.application(name) {
                guard !found.value.isEnding else {
                    throw Problem(.conflict, "application '\(name)' is being destroyed", next: ["roost ls"])
                }
                return false
            }
            let found = try await records.allocations()
            var allocations = found.value
            let application = Application(
                name: name, user: try await allocations.takeUser(of: machine), createdAt: Date())
            try await records.commit([
                Records.put(application, at: Records.key(name), expecting: 0),
                Records.put(allocations, at: Allocations.key, expecting: found.revision),
            ])
            return true
        }
        if isNew {
            await files.write(name)
            await events.add("application_created", "application \(name) was created", application: name)
        }
        return try await find(name)
    }

    func environment(
        of name: ApplicationName, _ view: EnvironmentView
    ) async throws(Problem) -> EnvironmentInfo {
        if let problem = view.problem { throw problem }
        _ = try await records.findApplication(name)
        let variables = try await files.variables(name, view)
        return EnvironmentInfo(variables: Dictionary(variables.map { ($0.0, $0.1) }, uniquingKeysWith: { $1 }))
    }

    func destroy(
        _ name: ApplicationName, _ options: DestroyOptions
    ) async throws(Problem) -> DestroyAnswer {
        try await destruction.destroy(name, options)
    }
}
