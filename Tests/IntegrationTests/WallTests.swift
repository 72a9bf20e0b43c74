import Foundation
import RoostModel
import Testing

/// Limits on servers, and the walls between their files, as the kernel shows them.
@Suite(.enabled(if: Programs.isRoot, "only root's servers have control groups, users and views of their own"))
struct WallTests {
    /// An administrator or a container's tool may move a server. Without its group a server has no limits, and a
    /// freeze of the group does not freeze the server.
    @Test func aServerThatWasMovedOutOfItsControlGroupIsPutBack() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let pid = try await roost.pid()
            let limit = try #require(ProcessTable.memoryLimit(of: pid))
            for group in try String(contentsOfFile: "/proc/\(pid)/mountinfo", encoding: .utf8).split(separator: "\n") {
                let fields = group.split(separator: " ")
                guard fields.contains("cgroup") || fields.contains("cgroup2"), fields.count > 4 else { continue }
                // A hierarchy that refuses the process, or that the process is not in, does not matter here.
                try? Data("\(pid)".utf8).write(to: URL(filePath: "\(fields[4])/cgroup.procs"))
            }
            #expect(ProcessTable.memoryLimit(of: pid) != limit)
            try await eventually("it is in its group again") { ProcessTable.memoryLimit(of: pid) == limit }
            #expect(try await roost.pid() == pid)
            try await eventually("it was told") {
                let events = try await roost.json(ItemList<EventInfo>.self, "events").items
                return events.contains { $0.message.contains("outside its control group") }
            }
            try await roost.waitReady()
        }
    }

    @Test func aServerCannotSeeOrWriteWhatIsNotItsOwn() async throws {
        try await withRoost { first in
            try await first.push(BuildFiles.one)
            try await first.push(BuildFiles.one, to: "other")
            try await withSecondRoost { second in
                try await second.push(BuildFiles.one)
                let (pid, other) = (try await first.pid(), try await first.pid(in: "other"))
                let users = [pid, other, try await second.pid()].map(ProcessTable.userID(of:))
                #expect(Set(users).count == 3, "\(users)")
                let root = "/proc/\(pid)/root"
                func names(_ path: String) -> [String] {
                    (try? FileManager.default.contentsOfDirectory(atPath: root + path).sorted()) ?? []
                }
                #expect(names("\(first.home)/instances") == ["ramen"])
                #expect(Set(names(first.home)).isSubset(of: ["instances", "engines"]))
                #expect(names("\(first.home)/instances/ramen/data.0").contains("data"))
                let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
                #expect(status.contains("NoNewPrivs:\t1"))
                // The home that was there first cannot be found from one that came later.
                let late = "/proc/\(try await second.pid())/root"
                #expect((try? FileManager.default.contentsOfDirectory(atPath: late + first.home)) == [])
            }
        }
    }

    /// A daemon that has removed files open writes them anew, whoever removed them, and the next daemon finds all of
    /// it.
    @Test func aStoreAndAKeyThatAreRemovedAreWrittenAnew() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            for name in ["store.db", "store.db-wal", "store.db-shm", "key"] {
                try FileManager.default.removeItem(atPath: "\(roost.home)/\(name)")
            }
            try FileManager.default.removeItem(atPath: "\(roost.home)/instances/ramen/data.0/manifest.json")
            try await roost.roost("token", "add", "later", "--scope", "read").expectSuccess()
            try await eventually("they are there again") {
                ["store.db", "key", "instances/ramen/data.0/manifest.json"].allSatisfy {
                    FileManager.default.fileExists(atPath: "\(roost.home)/\($0)")
                }
            }
            try await eventually("it was told") {
                let kinds = Set(try await roost.json(ItemList<EventInfo>.self, "events").items.map(\.kind))
                return kinds.isSuperset(of: ["store_rewritten", "key_rewritten"])
            }
            let pid = try await roost.pid()
            await roost.killDaemon()
            try await roost.start()
            #expect(try await roost.pid() == pid)
            #expect(try await roost.query("select 1") == ["1"])
            #expect(try await roost.roost("token", "ls").output.contains("later"))
        }
    }
}
