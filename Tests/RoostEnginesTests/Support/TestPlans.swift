import Foundation
import RoostModel

@testable import RoostEngines

// Plans that differ in one point.
extension ServerPlan {
    func rotated(to password: String, previous: String?) -> ServerPlan {
        copy(password: password, previous: previous)
    }

    func with(databases: [String]) -> ServerPlan {
        copy(previous: previousPassword, databases: databases)
    }

    func at(_ port: PortNumber) -> ServerPlan {
        copy(port: port, previous: previousPassword)
    }

    func with(certificate: ServerCertificate) -> ServerPlan {
        copy(previous: previousPassword, certificate: certificate)
    }

    func with(config: [String: String]) -> ServerPlan {
        var settings = settings
        settings.config = config
        return copy(settings: settings, previous: previousPassword)
    }

    func with(extensions: [String]) -> ServerPlan {
        var settings = settings
        settings.extensions = extensions
        return copy(settings: settings, previous: previousPassword)
    }

    func with(changeReaders: [String]) -> ServerPlan {
        copy(previous: previousPassword, changeReaders: changeReaders)
    }

    func reached(at host: String, _ port: PortNumber? = nil) -> ServerPlan {
        copy(previous: previousPassword, router: RouterAddress(host: host, port: port ?? routerAddress.port))
    }

    func of(_ profile: ServerProfile) -> ServerPlan {
        copy(previous: previousPassword, profile: profile)
    }

    /// The plan of a copy: no password of the original opens it.
    func withNewPasswords() -> ServerPlan {
        copy(password: "cloneSecret1", previous: nil, administrationPassword: "cloneAdministration1")
    }

    private func copy(
        settings: ServiceSettings? = nil, port: PortNumber? = nil, password: String? = nil, previous: String?,
        databases: [String]? = nil, changeReaders: [String]? = nil, certificate: ServerCertificate? = nil,
        router: RouterAddress? = nil,
        administrationPassword: String? = nil, profile: ServerProfile? = nil
    ) -> ServerPlan {
        ServerPlan(
            instance: instance, settings: settings ?? self.settings, folders: folders,
            internalPort: port ?? internalPort, routerAddress: router ?? routerAddress, serverID: serverID,
            domainID: domainID, applicationUser: applicationUser, applicationPassword: password ?? applicationPassword,
            previousPassword: previous,
            administrationPassword: administrationPassword ?? self.administrationPassword,
            databases: databases ?? self.databases, changeReaders: changeReaders ?? self.changeReaders,
            certificate: certificate ?? self.certificate, custom: custom,
            profile: profile ?? self.profile)
    }
}

extension TestServer {
    func administrationIsRefused() throws -> Bool {
        do throws(ClientFault) {
            _ = try ServerConnection(plan.address, .administration)
            return false
        } catch {
            return error.code == ClientFault.Code.accessDenied
        }
    }
}

/// A certificate for 127.0.0.1 and the authority that signed it, made by openssl.
enum TestCertificate {
    static func make() throws -> ServerCertificate {
        let folder = try PrivateFolder()
        defer { folder.remove() }
        let script = """
            set -e; cd "$1"
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
              -keyout ca.key -out ca.pem
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=data -keyout key.pem -out request.pem
            printf 'subjectAltName=IP:127.0.0.1' > names
            openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out cert.pem
            """
        try TestProgram.run("/bin/sh", ["-c", script, "sh", folder.path])
        func text(_ name: String) throws -> String {
            try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
        }
        return ServerCertificate(
            certificate: try text("cert.pem"), key: try text("key.pem"), authority: try text("ca.pem"))
    }
}
