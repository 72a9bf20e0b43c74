import Foundation
import RoostModel
import Testing

@testable import RoostHost

@Suite struct UserRegisterTests {
    private static func withHomes(_ body: (UserRegister, (String) throws -> String) throws -> Void) async throws {
        try await withFolder { folder in
            try body(UserRegister(folder: folder + "/register")) { name in
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
            // Another process reads what stands on disk.
            let users = ["roost01", "roost02", "roost03"].map { ServerUser(name: $0, uid: 1, gid: 1) }
            #expect(register.sorted(users, home: b).map(\.name) == ["roost02", "roost03", "roost01"])
        }
    }

    @Test func whatIsGivenBackIsFreeForOtherHomes() async throws {
        try await Self.withHomes { register, home in
            let (a, b) = (try home("a"), try home("b"))
            // As an earlier daemon of the home left it.
            #expect(try register.sync(home: a, users: ["roost01", "roost02"]) == [:])
            #expect(try register.sync(home: a, users: ["roost02"]) == [:])
            #expect(register.claim("roost01", home: b) == .ours)
            #expect(register.claim("roost02", home: b) == .taken(byHome: a))
            // On its way into the store: not taken for given back.
            #expect(register.claim("roost03", home: a) == .ours)
            #expect(try register.sync(home: a, users: ["roost02"]) == [:])
            #expect(register.claim("roost03", home: b) == .taken(byHome: a))
        }
    }

    @Test func theUsersOfARemovedHomeAreFreeAgain() async throws {
        try await Self.withHomes { register, home in
            let (a, b) = (try home("a"), try home("b"))
            #expect(register.claim("roost01", home: a) == .ours)
            try FileManager.default.removeItem(atPath: a)
            #expect(register.claim("roost01", home: b) == .ours)
            #expect(register.otherHomes(than: b) == [])
            // It comes back, from a disk that was away: told, and nothing is taken from the other.
            #expect(try register.sync(home: try home("a"), users: ["roost01", "roost05"]) == ["roost01": b])
            #expect(register.claim("roost05", home: b) == .taken(byHome: a))
        }
    }

    @Test func homesFromBeforeTheRegisterAreTold() async throws {
        try await Self.withHomes { register, home in
            let (a, b) = (try home("a"), try home("b"))
            #expect(try register.sync(home: a, users: ["roost01", "roost02"]) == [:])
            #expect(try register.sync(home: b, users: ["roost01", "roost03"]) == ["roost01": a])
            #expect(register.claim("roost03", home: a) == .taken(byHome: b))
        }
    }

    @Test func aRegisterThatCannotBeUsedIsNoLeaveToTakeAny() async throws {
        try await withFolder { folder in
            try Data().write(to: URL(filePath: folder + "/register"))
            let register = UserRegister(folder: folder + "/register")
            guard case .unknown = register.claim("roost01", home: folder) else {
                Issue.record("a user was given out without a look at the register")
                return
            }
        }
    }

    @Test func anUnreadableRegisterIsPutAsideNotLost() async throws {
        try await Self.withHomes { register, home in
            let a = try home("a")
            #expect(register.claim("roost01", home: a) == .ours)
            let folder = URL(filePath: a).deletingLastPathComponent().appending(path: "register")
            try Data("{".utf8).write(to: folder.appending(path: "register.json"))
            #expect(register.claim("roost02", home: a) == .ours)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(names.contains { $0.hasPrefix("register.json.unreadable") })
        }
    }
}
