import RoostEngines
import RoostModel

extension EngineCatalog {
    /// Lets the engine check settings. Throws `.configRefused` with the engine's own words.
    func check(
        config: [String: String], memory: ByteCount, engine identity: EngineIdentity
    ) async throws(Problem) {
        guard let engine = self.engine(named: identity.name), let build = successor(of: identity) else {
            throw Problem(.engineNotFound, "\(identity) is not installed on this machine", next: ["roost engine ls"])
        }
        do { try await engine.check(config: config, memory: memory, build: build) } catch { throw Problem(error) }
    }

    /// Checks that the engine has these extensions. Throws `.configRefused` with what to install.
    func check(extensions: [String], engine identity: EngineIdentity) async throws(Problem) {
        guard let engine = self.engine(named: identity.name), let build = successor(of: identity) else {
            throw Problem(.engineNotFound, "\(identity) is not installed on this machine", next: ["roost engine ls"])
        }
        do { try engine.accept(extensions: extensions, build: build) } catch { throw Problem(error) }
    }
}

extension Problem {
    init(_ error: EngineError) {
        switch error {
        case .configRefused(let words):
            self.init(.configRefused, "the engine rejects the configuration: " + words.joined(separator: "; "))
        case .extensionsRefused(let words): self.init(.configRefused, words.joined(separator: "; "))
        case .userExists(let name): self.init(.exists, "user '\(name)' already exists")
        case .userUnknown(let name): self.init(.userNotFound, "there is no user '\(name)'")
        case .notOffered(let reason): self.init(.usage, reason)
        case .userReserved(let name): self.init(.forbidden, "user '\(name)' is managed by Roost")
        case .initialisationFailed, .notReachable, .refused, .rejected, .programMissing, .clientMissing, .loadFailed,
            .copyFailed:
            self.init(.failed, "\(error)")
        }
    }
}
