import Foundation
import Logging
import RoostModel
import RoostStore
import Testing

@testable import RoostControlPlane

/// The API's calls on tokens and the sign-in, over a store in memory.
@Suite struct AccessHandlerTests {
    private let records = Records(store: MemoryStore())
    private let handler: AccessHandler

    init() {
        handler = AccessHandler(
            records: records, events: EventLog(records: records, logger: Logger(label: "test")))
    }

    @Test func aTokenAdmitsWithItsScopeAndIsShownOnce() async throws {
        let token = try #require(try await handler.addToken(request("ci", "read")).token)
        #expect(try await handler.access(token: token) == .read)
        #expect(try await handler.name(ofToken: token) == "ci")
        #expect(try await handler.access(token: "\(token)0") == nil)
        #expect(try await handler.tokens().map(\.token) == [nil])
        #expect(await handler.events.newest(10, application: nil).map(\.kind) == ["token_added"])
    }

    @Test func aRemovedTokenIsUnknown() async throws {
        let token = try #require(try await handler.addToken(request("ci", "admin")).token)
        try await handler.removeToken("ci")
        #expect(try await handler.access(token: token) == nil)
        let refusal = await #expect(throws: Problem.self) { try await handler.removeToken("ci") }
        #expect(refusal?.code == .tokenNotFound)
    }

    /// Rows: the name and scope of a second token after `ci`, and the problem.
    @Test(arguments: [
        ("ci", "read", ProblemCode.exists), ("-x", "read", .nameInvalid), ("", "read", .nameInvalid),
        ("x", "everything", .usage), ("x", "app:ramen", .applicationNotFound),
    ])
    func refusesATokenThatCannotBe(name: String, scope: String, code: ProblemCode) async throws {
        _ = try await handler.addToken(request("ci", "read"))
        let refusal = await #expect(throws: Problem.self) { try await handler.addToken(request(name, scope)) }
        #expect(refusal?.code == code)
        #expect(try await handler.tokens().map(\.name) == ["ci"])
    }

    @Test func aTokenOfAnApplicationReachesThatApplication() async throws {
        let name = ApplicationName(checked: "ramen")
        let application = Application(
            name: name, user: ServerUser(name: "roost01", uid: 1, gid: 1), createdAt: Date())
        try await records.commit([Records.put(application, at: Records.key(name), expecting: 0)])
        let token = try #require(try await handler.addToken(request("ci", "app:ramen")).token)
        #expect(try await handler.access(token: token) == .application(name))
    }

    @Test func aSignInCodeIsRedeemedOnce() async throws {
        let code = try await handler.makeSignInCode().code
        #expect(try await handler.redeem(signInCode: code) == .admin)
        #expect(try await handler.redeem(signInCode: code) == nil)
    }

    private func request(_ name: String, _ scope: String) -> TokenRequest { TokenRequest(name: name, scope: scope) }
}
