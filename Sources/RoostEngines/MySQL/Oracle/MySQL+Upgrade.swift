import RoostModel

extension MySQL {
    /// From a long-term release up to the next one, and to every innovation release between; the server itself brings the
    /// data to its version when it starts. ("Upgrade Paths" of the MySQL manual: 8.4 → 9.x up to 9.7, the next LTS.)
    package func upgradeFault(from old: EngineVersion, to new: EngineVersion) -> String? {
        if new < old { return "a downgrade to \(new) is not possible in place; make a new service and import a dump" }
        // Where the path after the next long-term release leads is not known yet.
        let isKnown = new.components[0] <= 9
        return isKnown || old.components[0] == new.components[0]
            ? nil : "\(new) does not take over data of \(old); go to the last release of 9 first"
    }
}
