import RoostModel

extension MySQL {
    /// From a long-term release, an upgrade to the next one and to every innovation release in between is possible;
    /// the server itself upgrades the data at its start. ("Upgrade Paths" of the MySQL manual: 8.4 → 9.x up to 9.7,
    /// the next LTS.)
    package func upgradeFault(from old: EngineVersion, to new: EngineVersion) -> String? {
        if new < old { return "a downgrade to \(new) is not possible in place; create a new service and import a dump" }
        // The upgrade path after the next long-term release is not known yet.
        let isKnown = new.components[0] <= 9
        return isKnown || old.components[0] == new.components[0]
            ? nil : "\(new) cannot upgrade data of \(old); upgrade to the last release of 9 first"
    }
}
