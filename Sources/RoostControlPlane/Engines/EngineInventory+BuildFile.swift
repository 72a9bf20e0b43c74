import RoostBuildFile
import RoostModel

extension EngineInventory {
    /// The build file's rules for each type that an engine here serves.
    var typeRules: [TypeRule] {
        let types = Set(engines.flatMap(\.family.types))
        return types.sorted().map { type in
            let serving = engines.filter { $0.family.types.contains(type) }
            return TypeRule(
                type: type, keys: serving.first.map { Self.keys(of: $0.family) } ?? [],
                minimumMemory: serving.map(\.family.minimumMemory).min() ?? .mebibytes(64),
                // The smallest limit holds for every engine that the service may get.
                mostInstances: serving.map(\.family.mostInstances).min() ?? 1,
                needsOddInstances: serving.contains { $0.family.needsOddInstances },
                versions: serving.flatMap { $0.builds.map(\.identity.version) }.sorted(),
                names: serving.first?.family.names ?? NameRules(ownDatabases: []))
        }
    }

    private static func keys(of family: EngineFamily) -> Set<ServiceKey> {
        if family.types.contains(.custom) { return ServiceKey.custom }
        var keys = family.names == nil ? ServiceKey.sql.subtracting([.databases]) : ServiceKey.sql
        // An engine that elects its primary decides itself what an election may lose.
        if family.needsOddInstances { keys.remove(.maxLoss) }
        if !family.comparesMembers { keys.remove(.verify) }
        return family.takesExtensions ? keys.union([.extensions]) : keys
    }
}
