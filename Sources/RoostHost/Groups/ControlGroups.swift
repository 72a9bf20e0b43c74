import Glibc
import RoostModel

/// The control groups of one home: `roost/<tag>/<name>` in each hierarchy, so that several homes stay apart.
package struct ControlGroups: Sendable {
    enum Layout: Equatable, Sendable {
        /// cgroup v1: a folder for each controller.
        case legacy([String: String])
        /// cgroup v2: one folder, with these controllers.
        case unified(root: String, controllers: Set<String>)
        case none(reason: String)
    }

    /// Controllers that are used where they exist: for limits, figures, and freezing.
    static let controllers: Set<String> = ["memory", "cpu", "cpuacct", "freezer", "pids"]

    let layout: Layout
    let homeTag: String

    init(layout: Layout, homeTag: String) {
        self.layout = layout
        self.homeTag = homeTag
    }

    /// Finds out what this machine and this process's permissions allow, by making and removing a group.
    package static func detect(homeTag: String) -> ControlGroups {
        let mounts = CgroupMounts.current()
        var refusals: [String] = []
        for layout in candidates(mounts) {
            let groups = ControlGroups(layout: layout, homeTag: homeTag)
            do throws(HostError) {
                let trial = try groups.group("probe-\(getpid())")
                try trial.remove()
                return groups
            } catch {
                refusals.append(error.description)
            }
        }
        let reason =
            refusals.isEmpty
            ? "no cgroup hierarchy with a memory controller is mounted" : refusals.joined(separator: "; ")
        return ControlGroups(layout: .none(reason: reason), homeTag: homeTag)
    }

    /// Best first. On a machine with both versions, only the version that has the memory controller can limit memory.
    static func candidates(_ mounts: CgroupMounts) -> [Layout] {
        var layouts: [Layout] = []
        if let root = mounts.unified {
            let offered = Set(
                (TextFile.read("\(root)/cgroup.controllers") ?? "").split(whereSeparator: \.isWhitespace).map(
                    String.init))
            if offered.contains("memory") {
                layouts.append(.unified(root: root, controllers: offered.intersection(["memory", "cpu", "pids"])))
            }
        }
        if mounts.legacy["memory"] != nil { layouts.append(.legacy(mounts.legacy)) }
        return layouts
    }

    /// Whether servers get groups at all, with or without limits.
    package var areAvailable: Bool { if case .none = layout { false } else { true } }

    /// The text that `doctor` and `info` print.
    package var summary: (enforcesLimits: Bool, text: String) {
        switch layout {
        case .legacy(let folders): (true, "cgroup v1 (\(folders.keys.sorted().joined(separator: ", ")))")
        case .unified(_, let controllers):
            (controllers.contains("memory"), "cgroup v2 (\(controllers.sorted().joined(separator: ", ")))")
        case .none(let reason): (false, "no limits: \(reason)")
        }
    }

    /// Makes the group, or returns the group that an earlier roostd made.
    package func group(_ name: String) throws(HostError) -> ControlGroup {
        guard !name.isEmpty, !name.contains("/"), !name.hasPrefix(".") else {
            throw .unfitFile(path: name, reason: "is not a valid control group name")
        }
        let path = ["roost", homeTag, name]
        switch layout {
        case .none(let reason): throw .unfitFile(path: name, reason: "cannot have a control group: \(reason)")
        case .legacy(let folders):
            for root in Set(folders.values) { try make(path, in: root, enabling: []) }
            return ControlGroup(layout: .legacy(folders.mapValues { "\($0)/\(path.joined(separator: "/"))" }))
        case .unified(let root, let controllers):
            try make(path, in: root, enabling: controllers)
            let folder = "\(root)/\(path.joined(separator: "/"))"
            return ControlGroup(layout: .unified(root: folder, controllers: controllers))
        }
    }

    /// Removes the empty groups, then the home's folder if no group is left in it, and Roost's folder if no home is
    /// left.
    package func removeEmpty() {
        let roots: Set<String> =
            switch layout {
            case .legacy(let folders): Set(folders.values)
            case .unified(let root, _): [root]
            case .none: []
            }
        for root in roots {
            let home = "\(root)/roost/\(homeTag)"
            // The kernel keeps a group that has processes. A home that cannot be listed is left as it is.
            if let folder = try? Folder(following: home), let names = try? folder.names() {
                for name in names { rmdir("\(home)/\(name.text)") }
            }
            rmdir(home)
            rmdir("\(root)/roost")
        }
    }

    /// Makes nested folders. In v2 a group has only the controllers that its parent enables, so each folder on the
    /// path must enable them.
    private func make(_ path: [String], in root: String, enabling controllers: Set<String>) throws(HostError) {
        var folder = root
        for name in path {
            if !controllers.isEmpty {
                let file = "\(folder)/cgroup.subtree_control"
                let wanted = controllers.sorted().map { "+\($0)" }.joined(separator: " ")
                guard TextFile.write(wanted, to: file) else {
                    throw .group(path: file, operation: "enable controllers in", errno: errno)
                }
            }
            folder += "/" + name
            guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
                throw .group(path: folder, operation: "create the control group", errno: errno)
            }
        }
    }
}
