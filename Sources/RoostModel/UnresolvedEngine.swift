/// Why a type and version could not be resolved to a release.
package enum UnresolvedEngine: Error, Equatable, Sendable, CustomStringConvertible {
    case typeUnknown(ServiceType, known: [ServiceType])
    case notHere(ServiceType, EngineVersion?, found: [EngineIdentity])

    package var description: String {
        switch self {
        case .typeUnknown(let type, let known):
            "there is no type '\(type)'; known are \(list(known))"
        case .notHere(let type, let version, let found) where found.isEmpty:
            "no \(type)\(version.map { " \($0)" } ?? "") here; no engine that serves it is installed"
        case .notHere(let type, let version, let found):
            "no \(type)\(version.map { " \($0)" } ?? "") here; there is "
                + found.map { $0.name == type.rawValue ? "\($0.version)" : "\($0)" }.joined(separator: ", ")
        }
    }

    private func list(_ types: [ServiceType]) -> String {
        types.map(\.rawValue).joined(separator: ", ")
    }
}
