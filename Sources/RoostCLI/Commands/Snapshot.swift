import ArgumentParser
import RoostModel

/// `roost snapshot`
struct Snapshot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "List images of services' data, and bring one back.",
        subcommands: [Ls.self, Restore.self])

    /// `roost snapshot ls [SERVICE]`
    struct Ls: Command {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List snapshots, also of services that are destroyed.", aliases: ["list"])

        @Argument(
            help: "The service; without it, all of the application.", completion: LiveNames.services,
            transform: { try ServiceName($0) })
        var service: ServiceName?

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            if let service {
                try session.output.show(.snapshots(try await session.client.snapshots(try session.service(service))))
            } else {
                let application = session.settings.application?.rawValue
                let all = try await session.client.snapshots(nil)
                try session.output.show(.snapshots(all.filter { application == nil || $0.application == application }))
            }
            return .done
        }
    }

    /// `roost snapshot restore SERVICE [SNAPSHOT]`
    struct Restore: Command {
        static let configuration = CommandConfiguration(
            commandName: "restore", abstract: "Bring a service's data back, or a destroyed service.",
            discussion: "The data that stands now is kept as a snapshot itself.")

        @Argument(
            help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
        var service: ServiceName

        @Argument(help: "The snapshot; without it, the newest.", completion: LiveNames.snapshots)
        var snapshot: String?

        @Flag(help: "Do not ask.")
        var yes = false

        @Flag(help: "Show what would happen, and change nothing.")
        var dryRun = false

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let id = try session.service(service)
            let snapshot = try await chosen(of: id, in: session)
            let stands = try await exists(id, in: session)
            let effect =
                "this \(stands ? "replaces the data of" : "brings back") '\(id)' "
                + "by the snapshot \(snapshot.id) of \(Timestamp.format(snapshot.createdAt))"
            if dryRun {
                let operation = try await session.client.restore(
                    id, snapshot.id, RestoreRequest(confirm: service.rawValue, dryRun: true))
                session.output.note(effect)
                try session.output.showIfJSON(.operation(operation))
                return .done
            }
            if stands { try session.confirm(effect, name: service.rawValue, yes: yes) }
            let request = RestoreRequest(confirm: stands ? service.rawValue : nil)
            let operation = try await session.follow(try await session.client.restore(id, snapshot.id, request))
            session.output.note("\(id) has the data of \(Timestamp.format(snapshot.createdAt))")
            try session.output.showIfJSON(.operation(operation))
            return .done
        }

        private func chosen(of id: ServiceID, in session: Session) async throws(Problem) -> SnapshotInfo {
            let all = try await session.client.snapshots(id)
            let found =
                if let snapshot { all.first { $0.id == snapshot } } else {
                    all.max { $0.createdAt < $1.createdAt }
                }
            if let found { return found }
            throw Problem(
                .snapshotNotFound, snapshot.map { "'\(id)' has no snapshot '\($0)'" } ?? "'\(id)' has no snapshots",
                next: ["roost snapshot ls"])
        }

        private func exists(_ id: ServiceID, in session: Session) async throws(Problem) -> Bool {
            do {
                _ = try await session.client.service(id)
                return true
            } catch let error where error.code == .serviceNotFound || error.code == .applicationNotFound {
                return false
            }
        }
    }
}
