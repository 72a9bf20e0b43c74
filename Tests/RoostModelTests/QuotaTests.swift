import Foundation
import Testing

@testable import RoostModel

/// Limits on the servers of a token and of an application.
@Suite struct QuotaTests {
    private let ramen = ApplicationName(checked: "ramen")

    private func service(_ application: ApplicationName, _ index: Int, clone: ClonePlace? = nil) throws -> Service {
        let port = try #require(PortNumber(21000))
        return Service(
            id: ServiceID(application, ServiceName(checked: "s\(index)")), uid: "u\(index)", type: .mariadb,
            engine: try #require(EngineIdentity("mariadb@10.11.19")),
            settings: ServiceSettings(memory: .mebibytes(512), durability: .async), endpoint: port, readEndpoint: port,
            instances: [],
            credentials: Credentials(
                user: "root", password: SealedSecret(rawValue: "p"), administration: SealedSecret(rawValue: "a")),
            clone: clone, createdAt: Date(timeIntervalSince1970: 0))
    }

    private func clone(_ name: String?, of application: ApplicationName?, by token: String?) -> ClonePlace {
        let template = CloneOrigin.template(TemplateName(checked: "shop"), version: "1")
        let origin = application.map {
            CloneOrigin.snapshot(ServiceID($0, ServiceName(checked: "data")), id: "1")
        }
        var place = ClonePlace(
            name: name.map { CloneName(checked: $0) }, origin: origin ?? template, databases: [],
            user: ServerUser(name: "roost01", uid: 1, gid: 1), isDurable: false, terms: CloneTerms(expiresAt: nil))
        place.token = token
        return place
    }

    static let rows: [(perToken: Int, standing: Int, token: String?, isRefused: Bool)] = [
        (3, 2, "ci", false), (3, 3, "ci", true), (3, 4, "ci", true), (0, 99, "ci", false),
        // Clones of another token, and those made through the socket, do not count.
        (3, 3, "other", false), (3, 99, nil, false),
    ]

    @Test(arguments: rows)
    func aTokenHasSoManyClones(perToken: Int, standing: Int, token: String?, isRefused: Bool) throws {
        let quotas = Quotas(clonesPerToken: perToken, serversPerApplication: 0)
        let clones = try (0..<standing).map { try service(.clones, $0, clone: clone("c\($0)", of: nil, by: "ci")) }
        // A clone that waits in a pool belongs to no token.
        let waiting = try service(.clones, 1000, clone: clone(nil, of: nil, by: "ci"))
        let refusal = quotas.refusal(cloneBy: token, of: nil, standing: clones + [waiting])
        #expect((refusal?.code == .quotaExceeded) == isRefused)
        if isRefused { #expect(refusal?.nextSteps.isEmpty == false) }
    }

    @Test func anApplicationsServicesAndTheirClonesAreCountedTogether() throws {
        let quotas = Quotas(clonesPerToken: 0, serversPerApplication: 5)
        let other = ApplicationName(checked: "other")
        let standing =
            try (0..<3).map { try service(ramen, $0) } + [service(other, 9)]
            + [service(.clones, 10, clone: clone("a", of: ramen, by: nil))]
            + [service(.clones, 11, clone: clone("b", of: other, by: nil))]
        #expect(quotas.refusal(adding: 1, to: ramen, standing: standing) == nil)
        #expect(quotas.refusal(adding: 2, to: ramen, standing: standing)?.code == .quotaExceeded)
        #expect(quotas.refusal(cloneBy: "ci", of: ramen, standing: standing) == nil)
        let full = try standing + [service(ramen, 4)]
        #expect(quotas.refusal(cloneBy: "ci", of: ramen, standing: full)?.code == .quotaExceeded)
        // A push that adds no server is not refused for the servers that exist.
        #expect(quotas.refusal(adding: 0, to: ramen, standing: full + full) == nil)
    }
}
