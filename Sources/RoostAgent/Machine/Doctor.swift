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
                "user", .notice, "roostd does not run as root: servers run as its user, without limits",
                fix: "start roostd as root")
        }
        let users = ServerUsers.pool()
        do {
            if let home = try UserRegister.shared.absentHomes().first {
                return Finding(
                    "user", .notice, "the home \(home) does not exist; its system users stay reserved for it",
                    fix: "mount its disk, or, if it was removed for good: roostd forget-home \(home)")
            }
        } catch {
            return Finding("user", .problem, "the register of system users cannot be used: \(error)")
        }
        let others = UserRegister.shared.otherHomes(than: paths.home)
        if !users.isEmpty, !others.isEmpty {
            return Finding(
                "user", .good,
                "\(users.count) system users available, one per application, shared by \(others.count + 1) homes")
        }
        return users.isEmpty
            ? Finding("user", .problem, "there are no system users for servers", fix: "scripts/setup")
            : Finding("user", .good, "\(users.count) system users available, one per application")
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
            "the register of system users does not list \(review.missing.sorted().joined(separator: ", ")) for the "
                + "home \(home), whose servers run as these users",
            fix: "wait 30 seconds: roostd adds them again")
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
            return Finding("views", .good, "each server sees only its own folders")
        }
        return Finding(
            "views", .notice,
            "\(open.joined(separator: ", ")) \(open.count == 1 ? "has" : "have") no mount view of "
                + "\(open.count == 1 ? "its" : "their") own: only file permissions protect other servers' folders",
            fix: "restart them; if that does not help, see 'roost events' for the reason (\(first))")
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
            ? Finding("memory", .notice, text, fix: "give services less memory: 'roost scale SERVICE:memory=SIZE'")
            : Finding("memory", .good, text)
    }

    /// Finding on the asynchronous I/O requests of the kernel, which MySQL and MariaDB take at their start.
    static func finding(_ requests: NativeIO) -> Finding {
        let text = "\(requests.used) of \(requests.limit) asynchronous I/O requests are in use (fs.aio-max-nr)"
        return requests.isScarce
            ? Finding(
                "native_io", .notice,
                "\(text): MySQL and MariaDB servers that start now cannot use asynchronous I/O and are slower",
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
                    "engine_\(name)", .notice, "\(name) is not installed",
                    fix: "roost engine add \(name) FILE  # if you need services of that type")
            }
            return builds.isEmpty
                ? Finding("engine_\(name)", .problem, "\(name) is not installed", fix: "scripts/setup")
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
            return Finding("home", .good, "servers can access the home folder \(paths.home)")
        } catch {
            return Finding(
                "home", .problem, "\(error)", fix: "choose a home that other users can access, such as /var/lib/roost")
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
                    "this disk has no reflinks: snapshots, clones and templates are full copies of the data",
                    fix: "create a pool: roost storage init --size 20G")
            }
        } catch {
            return Finding("storage", .problem, "cannot determine the disk's features: \(error)")
        }
    }

    /// Nil if there is no pool.
    private func poolFinding() -> Finding? {
        if paths.isPoolMissing {
            return Finding(
                "pool", .problem,
                "the pool \(paths.poolImage) is not mounted: its services are down, and nothing is created outside it",
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
                    "pool", .notice, "\(text); not in the pool: \(outside.joined(separator: ", "))",
                    fix: Self.move(outside.first))
            }
            return Finding("pool", .good, text)
        } catch {
            return Finding("pool", .problem, "the pool \(paths.pool) cannot be examined: \(error)")
        }
    }

    private func diskFinding() -> Finding {
        do {
            let free = try Storage.freeSpace(at: paths.home)
            return free < .gibibytes(2)
                ? Finding("disk", .problem, "\(free.rounded) free under \(paths.home)", fix: "free some space")
                : Finding("disk", .good, "\(free.rounded) free under \(paths.home)")
        } catch {
            return Finding("disk", .problem, "cannot determine the free space under \(paths.home): \(error)")
        }
    }
}
