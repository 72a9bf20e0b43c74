import RoostModel
import Testing

@testable import RoostEngines

@Suite struct AccountExpectationTests {
    private static let own = AccountFact(.ownAccount, "Roost's own account", "a")
    private static let shown = AccountFact(.applicationUser, "the application user", "b")
    private static let flush = AccountFact(.guarantee, "sync_binlog", "1")

    private func drift(_ seen: [AccountFact]) throws -> [AccountDrift] {
        AccountExpectation(plan: try TestServer.plan(folder: "/x"), facts: [Self.own, Self.shown, Self.flush]).drift(
            seen)
    }

    static let cases: [(seen: [AccountFact], drift: [AccountDrift])] = [
        ([own, shown, flush], []),
        ([flush, own, shown], []),
        ([shown, flush], [AccountDrift(.ownAccount, "Roost's own account is missing")]),
        (
            [AccountFact(.ownAccount, "Roost's own account", "*SECRET"), shown, flush],
            [AccountDrift(.ownAccount, "Roost's own account changed")]
        ),
        (
            [own, shown, AccountFact(.guarantee, "sync_binlog", "0")],
            [AccountDrift(.guarantee, "sync_binlog is 0, not 1")]
        ),
        (
            [own, shown, flush, AccountFact(.rights, "the account 'eve' has rights", "")],
            [AccountDrift(.rights, "the account 'eve' has rights")]
        ),
        (
            // A right that shows in the table and is in force is one drift.
            [own, shown, flush] + Array(repeating: AccountFact(.rights, "the account 'eve' has rights", ""), count: 2),
            [AccountDrift(.rights, "the account 'eve' has rights")]
        ),
    ]

    @Test(arguments: cases.indices) func theDifferenceIsTheDrift(_ index: Int) throws {
        #expect(try drift(Self.cases[index].seen) == Self.cases[index].drift)
    }

    @Test func oneSentenceNamesFiveAndCountsTheRest() {
        let drift = (1...7).map { AccountDrift(.rights, "account \($0)") }
        #expect(drift.text == "account 1; account 2; account 3; account 4; account 5; and 2 more")
    }

    @Test func aVerifierIsOfItsPasswordAlone() throws {
        // RFC 7677, section 3: user, pencil.
        let verifier = try #require(
            SCRAMVerifier(
                "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
                    + "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="))
        #expect(verifier.matches("pencil"))
        #expect(!verifier.matches("pencil2") && !verifier.matches(""))
        #expect(SCRAMVerifier("md5abc") == nil && SCRAMVerifier("") == nil)
    }

    /// A role as `system.roles` holds it, and whether something is taken out of it.
    static let roles: [(role: BSONDocument, isTooMuch: Bool)] = [
        (["roles": [["role": "readWrite", "db": "shop"]], "privileges": []], false),
        (["roles": [["role": "root", "db": "admin"]], "privileges": []], true),
        (["roles": [["role": "root", "db": "shop"]], "privileges": []], false),
        (["roles": [["role": "readWrite", "db": "local"]], "privileges": []], true),
        (
            ["roles": [], "privileges": [["resource": ["db": "shop", "collection": ""], "actions": ["insert"]]]], false
        ),
        (["roles": [], "privileges": [["resource": ["anyResource": true], "actions": ["find"]]]], true),
        (["roles": [], "privileges": [["resource": ["cluster": true], "actions": ["serverStatus"]]]], false),
        (["roles": [], "privileges": [["resource": ["cluster": true], "actions": ["shutdown"]]]], true),
        (
            [
                "roles": [],
                "privileges": [["resource": ["db": "admin", "collection": "system.users"], "actions": ["find"]]],
            ],
            false
        ),
        (
            [
                "roles": [],
                "privileges": [
                    ["resource": ["db": "admin", "collection": "system.users"], "actions": ["find", "update"]]
                ],
            ], true
        ),
    ]

    @Test(arguments: roles.indices) func aRoleLosesWhatNobodyShouldHave(_ index: Int) {
        #expect((MongoDBAccountFacts.strip(Self.roles[index].role) != nil) == Self.roles[index].isTooMuch)
    }

    @Test func anAccountThatTheWallLetsThroughHasAPatternOfItsOwn() {
        let rows = MariaDBWall.rows(applicationUser: "root")
        #expect(rows.count == 12)
        // A row without a user and without rights precedes every pattern, for each host and database.
        #expect(rows.filter { $0.user.isEmpty && $0.rights.isEmpty }.count == 6)
        #expect(rows.allSatisfy { Set($0.rights).isDisjoint(with: MariaDBWall.writing) })
    }
}

/// A failed sign-on or probe of a server of the MySQL family is classified by its error code.
@Suite struct RefusalTests {
    @Test(arguments: [1044, 1045, 1142, 1227, 1698, 1820, 1862, 3118, 3879, 4150, 4151])
    func theAccountIsRefused(code: Int) {
        guard case .lockedOut = Administration.health(ClientFault(code: code, message: "no")) else {
            Issue.record("\(code)")
            return
        }
    }

    /// Clients took all connections, or a limit is used up: the account is unchanged, and a restart would end all
    /// sessions.
    @Test(arguments: [1040, 1203, 1226])
    func anExhaustedServerRefusesNoAccount(code: Int) {
        #expect(Administration.health(ClientFault(code: code, message: "no")) == .crowded("error \(code): no"))
    }

    @Test func whatElseIsSaidIsAsItWas() {
        #expect(Administration.health(ClientFault(code: 2013, message: "lost")) == .unknown("lost"))
        #expect(Administration.health(ClientFault(code: 1290, message: "x")) == .unhealthy("error 1290: x"))
    }
}
