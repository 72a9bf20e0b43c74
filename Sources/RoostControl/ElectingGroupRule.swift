import RoostModel

/// What is not built yet for services of several instances whose engine elects its primary. Pure.
package enum ElectingGroupRule {
    /// A refused change: the key of the build file that asks for it, and the reason, a sentence without its end.
    package struct Fault: Equatable, Sendable {
        package let key: String
        package let reason: String
    }

    /// Why a service cannot have these settings or this upgrade; nil if it can. `standing`: nil for a new service.
    package static func fault(
        _ standing: Service?, settings: ServiceSettings, isUpgraded: Bool = false
    ) -> Fault? {
        guard settings.instances > 1 || standing?.isGroup ?? false else { return nil }
        if settings.expose == .network {
            return Fault(
                key: "expose", reason: "a MongoDB service with several instances cannot be exposed to the network yet")
        }
        return isUpgraded
            ? Fault(
                key: "version",
                reason: "a MongoDB service with several instances cannot be upgraded yet: scale it to 1 instance first")
            : nil
    }
}
