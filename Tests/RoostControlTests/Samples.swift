import Foundation
import RoostControl
import RoostModel
import Testing

/// Values for the tests of pushing and scaling.
enum Samples {
    /// A service of the file, its name on line 2 and its type on line 3.
    static func declared(
        _ name: String, type: ServiceType = .mysql, _ state: (inout DeclaredService) -> Void = { _ in }
    ) throws -> DeclaredService {
        var declared = DeclaredService(name: try ServiceName(name), line: 2, type: type, keyLines: ["type": 3])
        state(&declared)
        return declared
    }

    static func draft(_ name: String, _ settings: ServiceSettings) throws -> ServiceDraft {
        ServiceDraft(name: try ServiceName(name), type: .mysql, version: nil, settings: settings)
    }

    /// An existing service of type mysql on mariadb@10.11.19.
    static func service(
        _ name: String, _ settings: ServiceSettings = ServiceSettings(memory: .mebibytes(256)),
        goal: Service.Goal = .run
    ) throws -> Service {
        Service(
            id: ServiceID(try ApplicationName("ramen"), try ServiceName(name)), uid: "u", type: .mysql,
            engine: try #require(EngineIdentity("mariadb@10.11.19")), settings: settings,
            endpoint: try #require(PortNumber(21000)), readEndpoint: try #require(PortNumber(21001)), instances: [],
            credentials: Credentials(
                user: "root", password: SealedSecret(rawValue: "p"), administration: SealedSecret(rawValue: "a")),
            goal: goal, createdAt: Date(timeIntervalSince1970: 0))
    }
}
