import Glibc

/// Freezes a control group: all processes in it, and the children that they are just forking.
struct GroupFreezer: Freezer {
    private let folder: String
    private let isUnified: Bool

    /// Throws where there is no group that can be frozen, and for a group that contains the guard itself.
    init(_ folder: String) throws(FreezeFailure) {
        isUnified = access("\(folder)/cgroup.freeze", F_OK) == 0
        guard isUnified || access("\(folder)/freezer.state", F_OK) == 0 else {
            throw .last("cannot freeze a control group at \(folder)")
        }
        guard let members = KernelFile.read("\(folder)/cgroup.procs") else { throw .last("cannot read \(folder)") }
        if members.split(separator: "\n").contains(where: { Int32($0) == getpid() }) {
            throw FreezeFailure("the guard is itself in \(folder) and could not thaw it")
        }
        self.folder = folder
    }

    private var file: String { isUnified ? "\(folder)/cgroup.freeze" : "\(folder)/freezer.state" }

    func freeze() throws(FreezeFailure) {
        guard KernelFile.write(isUnified ? "1" : "FROZEN", to: file) else { throw .last("cannot freeze \(folder)") }
    }

    func isFrozen() throws(FreezeFailure) -> Bool {
        // v1 shows FREEZING until the last process is stopped.
        let state = isUnified ? KernelFile.read("\(folder)/cgroup.events") : KernelFile.read(file)
        guard let state else { throw .last("cannot see whether \(folder) is frozen") }
        return state.split(separator: "\n").contains(isUnified ? "frozen 1" : "FROZEN")
    }

    func thaw() -> Bool {
        guard KernelFile.write(isUnified ? "0" : "THAWED", to: file) else { return false }
        // v2 shows the request here, and its effect in cgroup.events a moment later; v1 also shows a frozen parent
        // group here.
        return KernelFile.read(file)?.hasPrefix(isUnified ? "0" : "THAWED") ?? false
    }
}
