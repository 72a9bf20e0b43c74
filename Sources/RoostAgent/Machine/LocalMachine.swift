import RoostHost
import RoostModel

/// The machine of a home: its figures, and the system users that it offers.
struct LocalMachine: Sendable {
    let disk: HomeDisk
    let groups: ControlGroups
    /// The address under which clients reach exposed services.
    let publicHost: String

    private var paths: HomePaths { disk.paths }

    func info(instances: Int, version: String) async -> MachineInfo {
        MachineInfo(
            name: "local", state: "up", cores: Machine.cores, memoryBytes: Machine.memoryTotal,
            memoryAvailableBytes: Machine.memoryAvailable,
            // If free space cannot be read, report zero.
            diskFreeBytes: (try? Storage.freeSpace(at: paths.home)) ?? ByteCount(bytes: 0), instances: instances,
            roostVersion: version)
    }

    /// The system users that applications can be given.
    func serverUsers() -> [ServerUser] {
        guard Machine.isRoot else { return [ServerUsers.caller] }
        return UserRegister.shared.sorted(ServerUserRoles(pool: ServerUsers.pool()).servers, home: paths.home)
    }

    /// Enters a system user for this home into the machine's register, so that no other home gets it.
    func claim(_ user: ServerUser) -> UserRegister.Claim {
        // Where roostd is not root, the only user is its own, which file permissions keep apart from others.
        Machine.isRoot ? UserRegister.shared.claim(user.name, home: paths.home) : .ours
    }

    /// Whether memory and CPU limits are in force.
    var enforcesLimits: Bool { groups.summary.enforcesLimits }
}
