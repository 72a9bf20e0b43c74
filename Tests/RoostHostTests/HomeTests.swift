import Foundation
import RoostModel
import Testing

@testable import RoostHost

struct HomeTests {
    @Test func secondDaemonOfAHomeIsToldWhoHoldsIt() async throws {
        try await withFolder { folder in
            var first: HomeLock? = try HomeLock(home: folder)
            #expect(throws: HostError.homeHeld(home: folder, by: getpid())) { _ = try HomeLock(home: folder) }
            withExtendedLifetime(first) {}
            first = nil
            _ = try HomeLock(home: folder)
        }
    }

    @Test func lockOfAKilledDaemonIsFree() async throws {
        try await withFolder { folder in
            await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
                let lock = try HomeLock(home: folder)
                withExtendedLifetime(lock) { _ = kill(getpid(), SIGKILL) }
            }
            _ = try HomeLock(home: folder)
        }
    }

    @Test func systemUsersNeverMeetEachOthersFiles() {
        let users = (1...4).map { ServerUser(name: "roost0\($0)", uid: UInt32($0), gid: UInt32($0)) }
        let all = ServerUserRoles(pool: users)
        #expect(all.initialiser == users[3] && all.builder == users[2] && all.servers == Array(users[..<2]))
        let two = ServerUserRoles(pool: Array(users[..<2]))
        #expect(two.initialiser == users[1] && two.builder == users[1] && two.servers == [users[0]])
        let one = ServerUserRoles(pool: [users[0]])
        #expect(one.initialiser == users[0] && one.builder == users[0] && one.servers == [users[0]])
        let none = ServerUserRoles(pool: [])
        #expect(none.initialiser == nil && none.builder == nil && none.servers.isEmpty)
    }

    @Test func refusesALongHome() {
        let home = "/" + String(repeating: "h", count: 80)
        #expect(throws: HostError.homePathTooLong(home: home, bytes: 81, longest: 80)) {
            try HomeFolder.check(home, user: nil)
        }
    }

    @Test func namesTheFolderThatStandsInTheWay() async throws {
        try await withFolder { folder in
            let user = ServerUser(name: "roost01", uid: 54_321, gid: 54_321)
            let home = folder + "/closed/home"
            try HomeFolder.check(home, user: user)
            try Storage.makeFolder(folder + "/closed", mode: 0o700)
            try Storage.makeFolder(home)
            #expect(throws: HostError.homeNotTraversable(home: home, folder: folder + "/closed", user: "roost01")) {
                try HomeFolder.check(home, user: user)
            }
            try HomeFolder.check(home, user: ServerUsers.caller)
            try HomeFolder.check(home, user: nil)
            // The real path counts, not its spelling.
            try shell("ln -s closed/home \(folder)/short")
            #expect(throws: HostError.self) { try HomeFolder.check(folder + "/short", user: user) }
        }
    }

    @Test func everyWayToWriteAHomeHasOneTag() async throws {
        try await withFolder { folder in
            let before = HomeFolder.tag(of: folder + "/home")
            try shell("mkdir \(folder)/home; ln -s home \(folder)/link")
            let ways = ["/home", "/home/", "//home", "/./home", "/link"].map { HomeFolder.tag(of: folder + $0) }
            #expect(Set(ways + [before]).count == 1)
            #expect(HomeFolder.tag(of: folder + "/home2") != before)
        }
    }

    @Test(arguments: [0, 1000] as [UInt32], [10, 40, 80])
    func socketsAlwaysHaveAnAddress(uid: UInt32, bytes: Int) throws {
        let home = "/" + String(repeating: "h", count: bytes - 1)
        for name in [
            "ramen/data.0", String(repeating: "a", count: 31) + "/" + String(repeating: "s", count: 16) + ".12",
        ] {
            let path = try SocketFolder.path(home: home, name: name, uid: uid)
            #expect((path + "/mongodb-30000.sock").utf8.count <= 107)
            #expect(try path == SocketFolder.path(home: home, name: name, uid: uid))
            #expect(try path != SocketFolder.path(home: home, name: name + "1", uid: uid))
        }
    }
}
