import ArgumentParser
import RoostModel

/// `roost snapshot`
struct Snapshot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Manage snapshots of services' data.",
        subcommands: [New.self, Ls.self, Rm.self, Restore.self])

    /// `roost snapshot new SERVICE`
    struct New: Command {
        static let configuration = CommandConfiguration(
            commandName: "new", abstract: "Take a snapshot of a service or clone.",
            discussion: "A clone's snapshots are removed with the clone.")

        @Argument(
            help: ArgumentHelp("The service or clone.", valueName: "service|clone"), completion: LiveNames.places,
            transform: { try Target($0) })
        var target: Target

        @Option(help: "Longest time for which writes may pause. Default 100ms.")
        var maxPause: TimeSpan?

        @Option(
            name: .customLong("keep"), help: "How long to keep the snapshot, such as 7d; 0 for no limit. Default 30d.")
        var keep: TimeSpan?

        @Option(help: "Keep only the newest N snapshots taken with this command. Default 24.")
        var keepLast: Int?

        @Flag(help: "Stop the server during the copy, while clients wait. Needed where no other method works.")
        var stop = false

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let request = SnapshotRequest(
                maxPauseMilliseconds: maxPause.map { $0.duration / .milliseconds(1) },
                keepSeconds: keep.map { $0.duration / .seconds(1) }, keepCount: keepLast, stop: stop ? true : nil)
            let place = try await session.place(target)
            let begun: OperationInfo =
                switch place {
                case .service(let id): try await session.client.takeSnapshot(id, request)
                case .clone(let name): try await session.client.takeSnapshot(ofClone: name.rawValue, request)
                }
            let operation = try await session.follow(begun)
            if session.output.json {
                let service: ServiceID? = if case .service(let id) = place { id } else { nil }
                let taken = try await session.client.snapshots(service).filter { $0.id == operation.result }
                try session.output.show(.snapshots(taken))
            } else {
                try session.output.show(.snapshotTaken(operation))
            }
            return .done
        }
    }

    /// `roost snapshot rm SERVICE SNAPSHOT`
    struct Rm: Command {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Remove a snapshot.")

        @Argument(help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
        var service: ServiceName
        @Argument(help: "The snapshot.", completion: LiveNames.snapshots)
        var snapshot: String
        @Flag(help: "Do not ask for confirmation.")
        var yes = false
        @Flag(help: "Show what would be removed without removing it.")
        var dryRun = false
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let id = try session.service(service)
            // Always a dry run first: a snapshot that cannot be removed is reported before a name has to be typed.
            let plan = try await session.client.removeSnapshot(id, snapshot, confirm: nil, dryRun: true)
            let effect = "this removes the snapshot of '\(id)' taken at \(Timestamp.format(plan.createdAt))"
            if dryRun {
                session.output.note(effect)
                try session.output.showIfJSON(.snapshots([plan]))
                return .done
            }
            try session.confirm(effect, name: snapshot, yes: yes)
            let removed = try await session.client.removeSnapshot(id, snapshot, confirm: snapshot, dryRun: false)
            session.output.note("Snapshot \(snapshot) was removed")
            try session.output.showIfJSON(.snapshots([removed]))
            return .done
        }
    }

    /// `roost snapshot ls [SERVICE]`
    struct Ls: Command {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List snapshots, including those of destroyed services.", aliases: ["list"])

        @Argument(
            help: "The service (default: all services of the application).", completion: LiveNames.services,
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
            commandName: "restore", abstract: "Restore a service's data, or a destroyed service.",
            discussion: "The current data is kept as a snapshot.")

        @Argument(
            help: ArgumentHelp("The service or clone.", valueName: "service|clone"), completion: LiveNames.places,
            transform: { try Target($0) })
        var target: Target

        @Argument(help: "The snapshot (default: the newest).", completion: LiveNames.snapshots)
        var snapshot: String?

        @Flag(help: "Do not ask for confirmation.")
        var yes = false

        @Flag(help: "Show what would happen without changing anything.")
        var dryRun = false

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            // A destroyed service exists only in its snapshots, so only a clone is looked up here.
            if let name = target.clone, try await isClone(name, session) { return try await restore(name, session) }
            guard let service = target.service else {
                throw Problem(.cloneNotFound, "there is no clone '\(target.text)'", next: ["roost clone ls"])
            }
            let id = try session.service(service)
            let snapshot = try await chosen(of: id, in: session)
            let stands = try await exists(id, in: session)
            let effect =
                "this \(stands ? "replaces the data of '\(id)' with" : "restores '\(id)' from") "
                + "the snapshot \(snapshot.id) of \(Timestamp.format(snapshot.createdAt))"
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
            session.output.note("Restored '\(id)' to \(Timestamp.format(snapshot.createdAt))")
            try session.output.showIfJSON(.operation(operation))
            return .done
        }

        /// Whether the name is a clone's and not that of a service of the application.
        private func isClone(_ name: CloneName, _ session: Session) async throws(Problem) -> Bool {
            if let service = target.service, let application = session.settings.application {
                let known = try await session.client.snapshots(nil).contains {
                    $0.application == application.rawValue && $0.service == service.rawValue
                }
                if known { return false }
                if try await exists(ServiceID(application, service), in: session) { return false }
            }
            do throws(Problem) { _ = try await session.client.clone(name.rawValue, showPassword: false) } catch {
                guard error.code == .cloneNotFound else { throw error }
                return false
            }
            return true
        }

        private func restore(_ name: CloneName, _ session: Session) async throws(Problem) -> Ending {
            let all = try await session.client.snapshots(nil).filter { $0.service == "clone:\(name)" }
            let found = all.filter { snapshot == nil || $0.id == snapshot }.max { $0.createdAt < $1.createdAt }
            guard let found else {
                throw Problem(
                    .snapshotNotFound, "clone '\(name)' has no snapshot\(snapshot.map { " '\($0)'" } ?? "")",
                    next: ["roost snapshot ls"])
            }
            let effect = "this replaces the data of the clone '\(name)' with the snapshot \(found.id)"
            if dryRun {
                session.output.note(effect)
                try session.output.showIfJSON(.snapshots([found]))
                return .done
            }
            try session.confirm(effect, name: name.rawValue, yes: yes)
            let operation = try await session.follow(
                try await session.client.restore(clone: name.rawValue, found.id, RestoreRequest(confirm: name.rawValue))
            )
            session.output.note("Restored clone '\(name)' to \(Timestamp.format(found.createdAt))")
            try session.output.showIfJSON(.operation(operation))
            return .done
        }

        private func chosen(of id: ServiceID, in session: Session) async throws(Problem) -> SnapshotInfo {
            let all = try await session.client.snapshots(id)
            let found =
                if let snapshot { all.first { $0.id == snapshot } } else {
                    // A snapshot of a replica or its seed holds the primary's data of some moment, or data that the
                    // primary never had; it is restored only if its id is given.
                    all.filter {
                        ![SnapshotRecord.replica, SnapshotRecord.seed, SnapshotRecord.diverged].contains($0.reason)
                    }
                    .max { $0.createdAt < $1.createdAt }
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
