import Foundation
import RoostAgentProtocol
import RoostEngines
import RoostHost
import RoostModel

/// Findings on what this machine has and lacks for its work, each with the step that fixes it.
struct Doctor: Sendable {
    let disk: HomeDisk
    let catalog: EngineCatalog
    let groups: ControlGroups
    /// The instances whose running server has no view of its own.
    let withoutView: @Sendable () -> [InstanceID]

    private var paths: HomePaths { disk.paths }

    /// `users`: the system users that servers of this home run as; nil: not known.
    func findings(users: Set<String>?) async -> [Finding] {
        var findings = [userFinding(), groupFinding(), memoryFinding()]
        if let users, let finding = registerFinding(users) { findings.append(finding) }
        if let finding = viewFinding() { findings.append(finding) }
        if let requests = NativeIO.current() { findings.append(Self.finding(requests)) }
        findings.append(contentsOf: engineFindings())
        let found = try? await disk.pool.run {
            [homeFinding(users), storageFinding(), poolFinding(), diskFinding()].compactMap(\.self)
        }
        findings.append(contentsOf: found ?? [])  // The pool stops with the daemon alone.
        return findings
    }

    private func userFinding() -> Finding {
        guard Machine.isRoot else {
            return Finding(
                "user", .notice, "roostd is not root: servers run as its own user, without limits",
                fix: "start roostd as root")
        }
        let users = ServerUsers.pool()
        do {
            if let home = try UserRegister.shared.absentHomes().first {
                return Finding(
                    "user", .notice, "the home \(home) is not there, and its system users are kept for it",
                    fix: "mount its disk; where it was removed for good: roostd forget-home \(home)")
            }
        } catch {
            return Finding("user", .problem, "the register of system users cannot be used: \(error)")
        }
        let others = UserRegister.shared.otherHomes(than: paths.home)
        if !users.isEmpty, !others.isEmpty {
            return Finding(
                "user", .good,
                "\(users.count) system users for servers, one an application, shared out between "
                    + "\(others.count + 1) homes")
        }
        return users.isEmpty
            ? Finding("user", .problem, "there are no system users for servers", fix: "scripts/setup")
            : Finding("user", .good, "\(users.count) system users for servers, one an application")
    }

    /// Nil if the register lists this home's users for this home. An unreadable register is reported elsewhere.
    private func registerFinding(_ users: Set<String>) -> Finding? {
        guard Machine.isRoot, let review = try? UserRegister.shared.review(home: paths.home, users: users) else {
            return nil
        }
        return Self.finding(review, home: paths.home)
    }

    static func finding(_ review: UserRegister.Review, home: String) -> Finding? {
        if let (user, other) = review.shared.min(by: { $0.key < $1.key }) {
            return Finding(
                "user_register", .problem, ReviewUsers.Answer.text(ofShared: user, with: other),
                fix: "see /var/lib/roost-users/register.json")
        }
        guard !review.missing.isEmpty else { return nil }
        return Finding(
            "user_register", .problem,
            "the register of system users does not list \(review.missing.sorted().joined(separator: ", ")) for the home "
                + "\(home), whose servers run as them",
            fix: "roostd enters them again within half a minute")
    }

    private func groupFinding() -> Finding {
        let summary = groups.summary
        return summary.enforcesLimits
            ? Finding("cgroups", .good, summary.text)
            : Finding(
                "cgroups", .problem, "memory and cpu limits are not in force: \(summary.text)",
                fix: "run roostd as root under systemd with Delegate=yes, or mount the memory and cpu controllers")
    }

    /// Nil if roostd is not root, and so gives no server a view of its own.
    private func viewFinding() -> Finding? {
        guard Machine.isRoot else { return nil }
        let open = withoutView().map { "\($0)" }.sorted()
        guard let first = open.first else {
            return Finding("views", .good, "servers see their own folders alone")
        }
        return Finding(
            "views", .notice,
            "\(open.joined(separator: ", ")) \(open.count == 1 ? "has" : "have") no view of \(open.count == 1 ? "its" : "their") "
                + "own: rights of files alone keep them from others' folders",
            fix: "restart them; where that does not help, see 'roost events' for the reason (\(first))")
    }

    /// The command that moves a service into the pool. `service`: `ramen/data`.
    private static func move(_ service: String?) -> String {
        let parts = service?.split(separator: "/").map(String.init) ?? []
        return parts.count == 2
            ? Hint.command("storage", "move", parts[1], "-A", parts[0]) : "roost storage move SERVICE"
    }

    private func memoryFinding() -> Finding {
        let text = "\(Machine.memoryAvailable.rounded) of \(Machine.memoryTotal.rounded) memory available"
        return Machine.memoryAvailable < .mebibytes(512)
            ? Finding("memory", .notice, text, fix: "give services less with 'roost scale SERVICE:memory=SIZE'")
            : Finding("memory", .good, text)
    }

    /// Finding on the asynchronous I/O requests of the kernel, which MySQL and MariaDB take at their start.
    static func finding(_ requests: NativeIO) -> Finding {
        let text = "\(requests.used) of \(requests.limit) asynchronous I/O requests are taken (fs.aio-max-nr)"
        return requests.isScarce
            ? Finding(
                "native_io", .notice, "\(text): servers of MySQL and MariaDB that start now do without, and are slower",
                fix: "sysctl -w fs.aio-max-nr=\(max(1_048_576, requests.limit * 4))")
            : Finding("native_io", .good, text)
    }

    /// Engines that no distribution packages: they come from their vendors, and only some users need them.
    private static let brought: Set = ["mongodb", "mysql", "valkey"]

    private func engineFindings() -> [Finding] {
        catalog.engines.map { engine in
            let builds = engine.builds().map { "\($0.identity)" }
            let name = engine.family.name
            if builds.isEmpty, Self.brought.contains(name) {
                return Finding(
                    "engine_\(name)", .notice, "there is no \(name) on this machine",
                    fix: "roost engine add \(name) FILE  # where services of that type are wanted")
            }
            return builds.isEmpty
                ? Finding("engine_\(name)", .problem, "there is no \(name) on this machine", fix: "scripts/setup")
                : Finding("engine_\(name)", .good, builds.joined(separator: ", "))
        }
    }

    private func homeFinding(_ users: Set<String>?) -> Finding {
        let pool = ServerUsers.pool()
        // A system user that servers of this home run as, if there is one.
        let user = pool.first { users?.contains($0.name) == true } ?? pool.first
        guard Machine.isRoot, let user else {
            return Finding("home", .good, "home folder \(paths.home)")
        }
        do {
            try HomeFolder.check(paths.home, user: user)
            return Finding("home", .good, "servers reach the home folder \(paths.home)")
        } catch {
            return Finding("home", .problem, "\(error)", fix: "choose a home that others may pass, as /var/lib/roost")
        }
    }

    private func storageFinding() -> Finding {
        do {
            switch try Storage.detect(at: paths.freshPlace.root) {
            case .reflink: return Finding("storage", .good, "reflink: copies of databases take milliseconds")
            case .subvolume:
                return Finding("storage", .good, "subvolumes and reflinks: copies of databases take milliseconds")
            case .copy:
                return Finding(
                    "storage", .notice,
                    "this disk has no reflinks: snapshots, clones and templates take time and space as large as the data",
                    fix: "make a pool: roost storage init --size 20G")
            }
        } catch {
            return Finding("storage", .problem, "what the disk can do is not known: \(error)")
        }
    }

    /// Nil if there is no pool.
    private func poolFinding() -> Finding? {
        if paths.isPoolMissing {
            return Finding(
                "pool", .problem,
                "the pool \(paths.poolImage) is not mounted: services in it are down, and nothing is made beside it",
                fix: "see roostd's log for the reason, then restart roostd, which mounts it")
        }
        guard paths.hasPool else { return nil }
        do {
            let space = try Storage.space(at: paths.pool)
            let text = "\(space.free.rounded) of \(space.size.rounded) free in the pool \(paths.pool)"
            let outside = HomeDisk.names(in: paths.homePlace.instances).flatMap { application in
                HomeDisk.names(in: "\(paths.homePlace.instances)/\(application)").map { "\(application)/\($0)" }
            }
            if space.free < DiskReserve.reserve(of: space.size) {
                return Finding(
                    "pool", .problem, text, fix: "remove snapshots or clones, or: roost storage grow --size SIZE")
            }
            guard outside.isEmpty else {
                return Finding(
                    "pool", .notice, "\(text); \(outside.joined(separator: ", ")) stand outside of it",
                    fix: Self.move(outside.first))
            }
            return Finding("pool", .good, text)
        } catch {
            return Finding("pool", .problem, "the pool \(paths.pool) cannot be looked at: \(error)")
        }
    }

    private func diskFinding() -> Finding {
        do {
            let free = try Storage.freeSpace(at: paths.home)
            return free < .gibibytes(2)
                ? Finding("disk", .problem, "\(free.rounded) free under \(paths.home)", fix: "free some space")
                : Finding("disk", .good, "\(free.rounded) free under \(paths.home)")
        } catch {
            return Finding("disk", .problem, "the free space under \(paths.home) is not known: \(error)")
        }
    }
}
