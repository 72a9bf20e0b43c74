/// Why a type and version could not be resolved to a release.
package enum UnresolvedEngine: Error, Equatable, Sendable, CustomStringConvertible {
    case typeUnknown(ServiceType, known: [ServiceType])
    case notHere(ServiceType, EngineVersion?, found: [EngineIdentity])

    package var description: String {
        switch self {
        case .typeUnknown(let type, let known):
            "unknown type '\(type)'; known types: \(list(known))"
        case .notHere(let type, let version, let found) where found.isEmpty:
            "no engine for \(type)\(version.map { " \($0)" } ?? "") is installed"
        case .notHere(let type, let version, let found):
            "no engine for \(type)\(version.map { " \($0)" } ?? "") is installed; available: "
                + found.map { $0.name == type.rawValue ? "\($0.version)" : "\($0)" }.joined(separator: ", ")
        }
    }

    private func list(_ types: [ServiceType]) -> String {
        types.map(\.rawValue).joined(separator: ", ")
    }
}
