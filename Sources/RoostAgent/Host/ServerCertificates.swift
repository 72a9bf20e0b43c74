import Foundation
import RoostEngines
import RoostHost
import RoostModel
import RoostSecrets
import Synchronization

/// The certificates of servers that are exposed to the network.
final class ServerCertificates: Sendable {
    private let disk: HomeDisk
    private let secrets: HomeSecrets
    /// The names and addresses under which clients reach this machine.
    private let advertised: [String]
    private let known = Mutex<[InstanceID: ServerCertificate]>([:])

    init(disk: HomeDisk, secrets: HomeSecrets, advertised: [String]) {
        self.disk = disk
        self.secrets = secrets
        self.advertised = advertised
    }

    /// The server's certificate where the service is exposed to the network. It is made once, kept beside the data,
    /// and renewed before it expires or when the CA or the machine's names have changed.
    func certificate(_ order: InstanceOrder) throws(HostFailure) -> ServerCertificate? {
        guard order.service.settings.expose == .network else { return nil }
        let authority = try disk.naming("read the home's certificate authority") { try secrets.authority() }
        let names =
            ["localhost", "\(order.service.id.service).\(order.application.name).roost"]
            + advertised.filter { !Machine.isAddress($0) }
        let addresses = ["127.0.0.1", "::1"] + advertised.filter(Machine.isAddress)
        func isGood(_ certificate: ServerCertificate) -> Bool {
            !authority.needsRenewal(certificate.certificate, dnsNames: names, addresses: addresses, now: Date())
        }
        if let known = known.withLock({ $0[order.id] }), isGood(known) { return known }
        return try disk.naming("make its certificate") {
            let instance = disk.paths.instance(order.id)
            if let data = FileManager.default.contents(atPath: instance.certificate),
                // A file that cannot be read is replaced: nothing depends on one certificate of the CA.
                let kept = try? JSON.decode(CertificateFile.self, from: data), isGood(kept.value)
            {
                return remember(kept.value, for: order.id)
            }
            let issued = try authority.issue(
                commonName: "\(order.id)", dnsNames: names, addresses: addresses, now: Date(),
                validFor: 2 * 365 * 24 * 3600)
            let file = CertificateFile(
                certificate: issued.certificatePEM, key: issued.keyPEM, authority: authority.certificatePEM)
            if FileManager.default.fileExists(atPath: instance.folder) {
                try Storage.writeAtomically(
                    try JSON.encode(file), to: instance.certificate, mode: 0o600, owner: nil)
            }
            return remember(file.value, for: order.id)
        }
    }

    /// Called for an instance whose folder is gone: an instance of the same name gets a certificate of its own.
    func forget(_ id: InstanceID) { known.withLock { $0[id] = nil } }

    private func remember(_ certificate: ServerCertificate, for id: InstanceID) -> ServerCertificate {
        known.withLock { $0[id] = certificate }
        return certificate
    }
}

/// A server's certificate as kept beside its data, readable by root alone.
private struct CertificateFile: Codable {
    let certificate: String
    let key: String
    let authority: String

    var value: ServerCertificate { ServerCertificate(certificate: certificate, key: key, authority: authority) }
}
