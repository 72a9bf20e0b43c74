import RoostModel

/// The purpose of a sealed secret. The seal is bound to it, so that a secret cannot be put in another's place.
package enum SecretUse: String, Sendable {
    case password, administration
    /// The password of an account that a user adds.
    case user
    /// The offer that a client is started with.
    case offer
}

extension HomeKey {
    package func opened(_ secret: SealedSecret, of service: ServiceID, _ use: SecretUse) throws(Problem) -> String {
        do { return try open(secret, context: Self.context(service, use)) } catch {
            throw Problem(.failed, "the \(use) of \(service) cannot be opened with this home's key: \(error)")
        }
    }

    package func sealed(_ text: String, of service: ServiceID, _ use: SecretUse) throws(Problem) -> SealedSecret {
        do { return try seal(text, context: Self.context(service, use)) } catch {
            throw Problem(.failed, "the \(use) of \(service) cannot be sealed: \(error)")
        }
    }

    /// Opens a text that is sealed for a whole application.
    package func opened(_ secret: SealedSecret, ofApplication name: ApplicationName) throws(Problem) -> String {
        do { return try open(secret, context: Self.context(name)) } catch {
            throw Problem(.failed, "the secrets of \(name) cannot be opened with this home's key: \(error)")
        }
    }

    package func sealed(_ text: String, ofApplication name: ApplicationName) throws(Problem) -> SealedSecret {
        do { return try seal(text, context: Self.context(name)) } catch {
            throw Problem(.failed, "the secrets of \(name) cannot be sealed: \(error)")
        }
    }

    private static func context(_ application: ApplicationName) -> String { "\(application)//environment" }

    private static func context(_ service: ServiceID, _ use: SecretUse) -> String { "\(service)/\(use)" }
}
