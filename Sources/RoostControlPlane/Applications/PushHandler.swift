import Foundation
import RoostAgentProtocol
import RoostBuildFile
import RoostControl
import RoostModel
import RoostStore

/// Carries out pushes: reads the build file, checks it as a whole, prepares custom services, and stores the change.
struct PushHandler: PushAPI {
    let records: Records
    let engines: Engines
    let operations: Operations
    let checks: PushChecks
    let custom: CustomReleases
    let documents: PushDocuments

    /// Reads the whole file, asks the engines about their settings, and only then stores anything.
    func push(_ name: ApplicationName, _ request: PushRequest) async throws(Problem) -> PushAnswer {
        let engines = try await engines.now()
        let (file, needed) = try await custom.withImages(try checks.read(request, engines), name, request)
        guard needed.isEmpty else {
            _ = try await records.findApplication(name)
            return PushAnswer(changes: [], notes: [], operation: nil, neededSources: needed)
        }
        return try await records.again { () async throws(Problem) in
            let application = try await findPushable(name)
            let standing = try await records.services(of: name)
            let plan = try await checks.plan(file, standing.map(\.value), engines)
            try await checks.check(plan, file, request, engines)
            let notes = plan.notes + checks.memberNotes(plan, file, engines)
            if request.dryRun ?? false { return PushAnswer(changes: plan.changes, notes: notes, operation: nil) }
            guard plan.confirmations.isEmpty || request.yes ?? false else {
                throw Problem(
                    .confirmationNeeded, plan.confirmations.joined(separator: "; "), next: ["roost push --yes"])
            }
            let releases = custom.releases(plan, file, name, request)
            let operation: OperationInfo? =
                try await custom.needsPreparation(releases)
                ? try await prepareAndStore(file, name, releases, engines)
                : try await documents.store(plan, file, application, standing, engines)?.info
            return PushAnswer(changes: plan.changes, notes: notes, operation: operation)
        }
    }

    private func findPushable(_ name: ApplicationName) async throws(Problem) -> Versioned<Application> {
        let application = try await records.findApplication(name)
        guard !application.value.isEnding else {
            throw Problem(.conflict, "application '\(name)' is being destroyed", next: ["roost ls"])
        }
        return application
    }

    /// Prepares the releases before anything is stored: once the documents change, only the start can still fail.
    private func prepareAndStore(
        _ file: BuildFile, _ name: ApplicationName, _ releases: [CustomRelease], _ engines: EngineInventory
    ) async throws(Problem) -> OperationInfo {
        let journal = try operations.journal(
            "push", application: name, service: nil, targets: [],
            interruption: "roostd was restarted while it was being prepared; nothing was changed, push again")
        try await records.commit([journal.write])
        await operations.follow(journal.record) { record throws(Problem) in
            var reserved: ReservedPorts = [:]
            do throws(Problem) {
                try await custom.prepare(releases, record, reserved: &reserved)
                return try await records.again { () async throws(Problem) in
                    let application = try await findPushable(name)
                    // The plan is made again from the services that are stored now.
                    let standing = try await records.services(of: name)
                    let plan = try await checks.plan(file, standing.map(\.value), engines)
                    return try await documents.store(
                        plan, file, application, standing, engines, into: record, reserved: reserved) ?? record
                }
            } catch {
                await custom.ports.giveBack(reserved, name)
                throw error
            }
        }
        return journal.record.info
    }

    func storeSource(
        _ name: ApplicationName, _ digest: ContentDigest, next: @Sendable () async throws -> Data?
    ) async throws(Problem) {
        try await custom.storeSource(name, digest, next: next)
    }
}
