import Foundation
import RoostAgentProtocol
import RoostEngines
import RoostModel
import RoostSecrets
import Synchronization

/// The home's key, and the authority that it opens, on the agent's machine. Read at the first use, because the
/// control plane makes the key of a new home.
package final class HomeSecrets: Sendable {
    private let paths: HomePaths
    private let known = Mutex<(key: HomeKey, authority: CertificateAuthority)?>(nil)

    package init(paths: HomePaths) { self.paths = paths }

    func key() throws(Problem) -> HomeKey { try unlock().key }
    func open(_ order: SealedOrder) throws(Problem) -> InstanceOrder { try InstanceOrder(order, key: try key()) }
    func authority() throws(Problem) -> CertificateAuthority { try unlock().authority }

    @discardableResult
    func unlock() throws(Problem) -> (key: HomeKey, authority: CertificateAuthority) {
        if let known = known.withLock({ $0 }) { return known }
        let key: HomeKey
        do throws(SecretsError) { key = try HomeKey.load(path: paths.key) } catch {
            throw Problem(
                .failed, "the key file \(paths.key) cannot be used: \(error)",
                next: ["restore the key file from a backup of the home folder"])
        }
        let authority: CertificateAuthority
        do throws(SecretsError) {
            authority = try CertificateAuthority.loadOrMake(folder: paths.authority, key: key, now: Date())
        } catch {
            throw Problem(.failed, "the internal CA in \(paths.authority) cannot be used: \(error)")
        }
        known.withLock { $0 = (key, authority) }
        return (key, authority)
    }
}

extension InstanceOrder {
    /// Opens the sealed secrets. A previous password counts until its grace time is over.
    package init(_ sealed: SealedOrder, key: HomeKey, now: Date = Date()) throws(Problem) {
        let service = sealed.service
        let isBuild = sealed.application.name == .builds
        self.init(
            application: sealed.application, service: service, index: sealed.index,
            secrets: try Secrets(of: service, key: key, now: now), profile: isBuild ? .building : nil)
    }
}

extension InstanceOrder.Secrets {
    package init(of service: Service, key: HomeKey, now: Date) throws(Problem) {
        let credentials = service.credentials
        var previous: String?
        if let sealed = credentials.previousPassword, let until = credentials.previousUntil, until > now {
            previous = try key.opened(sealed, of: service.id, .password)
        }
        self.init(
            password: try key.opened(credentials.password, of: service.id, .password), previousPassword: previous,
            administration: try key.opened(credentials.administration, of: service.id, .administration))
    }
}
