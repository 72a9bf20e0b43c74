import Glibc

extension ControlGroup {
    /// The folder through which the group is frozen; nil where the kernel does not offer freezing for this group.
    var freezer: String? {
        switch layout {
        case .legacy: folder("freezer")
        case .unified(let root, _): access("\(root)/cgroup.freeze", F_OK) == 0 ? root : nil
        case .none: nil
        }
    }

    /// Whether the group is frozen, or about to be.
    package var isFrozen: Bool {
        switch layout {
        case .legacy:
            folder("freezer").flatMap { TextFile.read("\($0)/freezer.state") }.map { !$0.hasPrefix("THAWED") } ?? false
        case .unified(let root, _): number(in: "\(root)/cgroup.freeze") == 1
        case .none: false
        }
    }

    /// Thaws the group, whichever process froze it. For roostd's start: a guard that was killed together with roostd
    /// has left its group frozen.
    package func thaw() throws(HostError) {
        guard let freezer else { return }
        let isLegacy = if case .legacy = layout { true } else { false }
        let file = isLegacy ? "\(freezer)/freezer.state" : "\(freezer)/cgroup.freeze"
        guard TextFile.write(isLegacy ? "THAWED" : "0", to: file) else {
            throw .group(path: file, operation: "thaw", errno: errno)
        }
        // A parent group may be frozen, too.
        if isFrozen { throw .stillFrozen(reason: "\(file) still reports it as frozen") }
    }
}
