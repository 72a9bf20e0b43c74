import Foundation
import RoostModel
import Testing

@testable import RoostHost

@Suite struct UserRegisterTests {
    private static func withHomes(_ body: (UserRegister, (String) throws -> String) throws -> Void) async throws {
        try await withFolder { folder in
            try body(UserRegister(folder: folder + "/register", isInUse: { _ in false })) { name in
                let home = "\(folder)/\(name)"
                try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
                try Data().write(to: URL(filePath: "\(home)/key"))
                return home
            }
        }
    }

    @Test func noTwoHomesHaveOneUser() async throws {
        try await Self.withHomes { register, home in
            let (a, b) = (try home("a"), try home("b"))
            #expect(register.claim("roost01", home: a) == .ours)
            #expect(register.claim("roost01", home: a) == .ours)
            #expect(register.claim("roost01", home: b) == .taken(byHome: a))
            #expect(register.claim("roost02", home: b) == .ours)
            #expect(register.otherHomes(than: b) == [a])
            // A second process reads the stored register.
            let users = ["roost01", "roost02", "roost03"].map { ServerUser(name: $0, uid: 1, gid: 1) }
            #expect(register.sorted(users, home: b).map(\.name) == ["roost02", "roost03", "roost01"])
        }
    }

    @Test func whatIsGivenBackIsFreeForOtherHomes() async throws {
        try await Self.withHomes { register, home in
            let (a, b) = (try home("a"), try home("b"))
            // Users that an earlier daemon of the home left.
            #expect(
                try register.sync(home: a, users: ["roost01", "roost02"]) == .init(missing: ["roost01", "roost02"]))
            #expect(try register.sync(home: a, users: ["roost02"]) == .init())
            #expect(register.claim("roost01", home: b) == .ours)
            #expect(register.claim("roost02", home: b) == .taken(byHome: a))
            // The user is claimed and not yet in the store: it is not taken for given back.
            #expect(register.claim("roost03", home: a) == .ours)
            #expect(try register.sync(home: a, users: ["roost02"]) == .init())
            #expect(register.claim("roost03", home: b) == .taken(byHome: a))
        }
    }

    /// A disk that is not mounted: whatever the other homes do, the absent home has its users when it is back.
    @Test func aHomeThatIsAwayKeepsItsUsers() async throws {
        try await Self.withHomes { register, home in
            let (a, b) = (try home("a"), try home("b"))
            #expect(register.claim("roost01", home: a) == .ours)
            try FileManager.default.moveItem(atPath: a, toPath: a + ".away")
            #expect(register.claim("roost01", home: b) == .taken(byHome: a))
            #expect(try register.sync(home: b, users: ["roost02"]) == .init(missing: ["roost02"]))
            #expect(register.otherHomes(than: b) == [])
            #expect(try register.absentHomes() == [a])
            try FileManager.default.moveItem(atPath: a + ".away", toPath: a)
            #expect(try register.sync(home: a, users: ["roost01"]) == .init())
            #expect(register.claim("roost01", home: b) == .taken(byHome: a))
            #expect(register.otherHomes(than: b) == [a])
        }
    }

    @Test func theUsersOfARemovedHomeAreFreeOnceSomebodySaysSo() async throws {
        try await Self.withHomes { register, home in
            let (a, b) = (try home("a"), try home("b"))
            #expect(register.claim("roost01", home: a) == .ours)
            #expect(try register.forget(home: a) == .stands)
            #expect(try register.forget(home: a + "/other") == .notListed)
            try FileManager.default.removeItem(atPath: a)
            #expect(try register.forget(home: a) == .forgotten(["roost01"]))
            #expect(try register.absentHomes() == [])
            #expect(register.claim("roost01", home: b) == .ours)
        }
    }

    /// A missing home may be mounted in another namespace: while its servers run, its users are kept.
    @Test func usersThatServersRunAsAreNotFreed() async throws {
        try await Self.withHomes { register, home in
            let a = try home("a")
            #expect(register.claim("roost01", home: a) == .ours)
            try FileManager.default.removeItem(atPath: a)
            let busy = UserRegister(folder: register.folder) { $0 == "roost01" }
            #expect(try busy.forget(home: a) == .inUse(["roost01"]))
            #expect(try register.absentHomes() == [a])
        }
        #expect(ProcessTable.hasProcess(of: "root") && !ProcessTable.hasProcess(of: "no-such-user"))
    }

    /// A home that gave all of its users back before it was removed has no entry afterwards.
    @Test func aRemovedHomeWithoutUsersIsForgotten() async throws {
        try await Self.withHomes { register, home in
            let (a, b) = (try home("a"), try home("b"))
            #expect(try register.sync(home: a, users: []) == .init())
            try FileManager.default.removeItem(atPath: a)
            #expect(try register.sync(home: b, users: []) == .init())
            #expect(try register.forget(home: a) == .notListed)
        }
    }

    @Test func homesFromBeforeTheRegisterAreTold() async throws {
        try await Self.withHomes { register, home in
            let (a, b) = (try home("a"), try home("b"))
            _ = try register.sync(home: a, users: ["roost01", "roost02"])
            #expect(
                try register.sync(home: b, users: ["roost01", "roost03"])
                    == .init(shared: ["roost01": a], missing: ["roost03"]))
            #expect(try register.review(home: b, users: ["roost01", "roost03"]) == .init(shared: ["roost01": a]))
            #expect(register.claim("roost03", home: a) == .taken(byHome: b))
        }
    }

    /// Entries may be removed by an administrator, or by a restore of an older /var/lib.
    @Test func entriesThatAreGoneAreToldAndEnteredAgain() async throws {
        try await Self.withHomes { register, home in
            let a = try home("a")
            #expect(register.claim("roost01", home: a) == .ours)
            let file = URL(filePath: a).deletingLastPathComponent().appending(path: "register/register.json")
            try FileManager.default.removeItem(at: file)
            #expect(try register.review(home: a, users: ["roost01"]) == .init(missing: ["roost01"]))
            #expect(try register.sync(home: a, users: ["roost01"]) == .init(missing: ["roost01"]))
            #expect(try register.sync(home: a, users: ["roost01"]) == .init())
            // An entry of another home is not taken from that home.
            let moved = try String(contentsOf: file, encoding: .utf8).replacing("\(a)\"", with: "\(a)-elsewhere\"")
            try Data(moved.utf8).write(to: file)
            #expect(try register.sync(home: a, users: ["roost01"]) == .init(shared: ["roost01": "\(a)-elsewhere"]))
        }
    }

    @Test func aRegisterThatCannotBeUsedIsNoLeaveToTakeAny() async throws {
        try await withFolder { folder in
            try Data().write(to: URL(filePath: folder + "/register"))
            let register = UserRegister(folder: folder + "/register", isInUse: { _ in false })
            guard case .unknown = register.claim("roost01", home: folder) else {
                Issue.record("a user was given out without a look at the register")
                return
            }
        }
    }

    @Test func anUnreadableRegisterIsLeftAsItIs() async throws {
        try await Self.withHomes { register, home in
            let a = try home("a")
            #expect(register.claim("roost01", home: a) == .ours)
            let file = URL(filePath: a).deletingLastPathComponent().appending(path: "register/register.json")
            try Data("{".utf8).write(to: file)
            guard case .unknown = register.claim("roost02", home: a) else {
                Issue.record("a user was given out though nobody knows who has it")
                return
            }
            #expect(throws: HostError.self) { try register.sync(home: a, users: ["roost01"]) }
            #expect(try Data(contentsOf: file) == Data("{".utf8))
        }
    }
}
