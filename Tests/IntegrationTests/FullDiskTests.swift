import Foundation
import RoostModel
import Testing

/// A disk that fills up: directories made ahead give way, each way in names the cause with its figures, a repeated
/// problem is one event, and once space is back everything goes on by itself.
@Suite(.enabled(if: Programs.isRoot, "mounting needs root"))
struct FullDiskTests {
    private static var figure: Regex<Substring> { #/the disk of /tmp/\S+ has [0-9.]+[KM]? of [0-9.]+M left/# }

    @Test func whatWasMadeAheadGivesWayAndTheCauseIsNamedWithItsFigures() async throws {
        try await withRoost(arguments: ["--ready", "1"], mounts: .smallDisk(megabytes: 900)) { roost in
            try await isReady(roost)
            try await roost.push(BuildFiles.services("data: {type: mariadb, memory: 192M}"))
            try await roost.query("create table t as select 42 as n")
            try await isReady(roost)
            let first = try await roost.fill(roost.home, leaving: 2 << 20)

            // Directories made ahead take 130 MB and more.
            try await roost.push(BuildFiles.services("cache: {type: redis, memory: 64M}"), to: "second")
            #expect(try await roost.info("cache", in: "second").state == .running)
            let mariadb = try await roost.json(ItemList<EngineInfo>.self, "engine", "ls").items
                .filter { $0.engine.hasPrefix("mariadb@") }
            #expect(mariadb.allSatisfy { $0.readyDirectories == 0 }, "\(mariadb)")

            try FileManager.default.moveItem(atPath: first, toPath: first + ".first")
            _ = try await roost.fill(roost.home, leaving: 2 << 20)
            let more = BuildFiles.services("more: {type: mariadb, memory: 192M}")
            try await isNamed(try await roost.tryPush(more, to: "third"), "a new service of mariadb@")
            try await isNamed(
                try await roost.roost("clone", "data", "copy", "-A", "ramen"), "must stay free for running databases")
            try await isNamed(
                try await roost.roost("snapshot", "new", "data", "-A", "ramen"), "must stay free for running databases")
            try await isNamed(
                try await roost.roost("template", "add", "kept", "--from", "ramen/data"),
                "must stay free for running databases")
            let down = try await roost.info("more", in: "third")
            #expect(down.problems.contains { $0.contains(Self.figure) }, "\(down)")

            try await eventually("its tries are one event") {
                let events = try await roost.events()
                let tries = events.filter { $0.application == "third" && $0.kind == "instance_problem" }
                // Two kinds of events: the disk's state as observed, and the step that fails.
                return tries.count <= 2 && tries.contains { $0.count > 1 }
                    && tries.allSatisfy { $0.message.contains(Self.figure) }
            }
            let told = try await roost.events()
            #expect(!told.contains { $0.message.contains("Problem(") || $0.message.contains("HostFailure") }, "\(told)")

            for name in ["filler", "filler.first"] {
                try FileManager.default.removeItem(atPath: roost.reach("\(roost.home)/\(name)"))
            }
            try await eventually("the third goes on by itself") {
                try await roost.info("more", in: "third").state == .running
            }
            #expect(try await roost.query("select n from t") == ["42"])
            let running = try await roost.info()
            #expect(running.problems.isEmpty, "\(running)")
        }
    }

    private func isReady(_ roost: Roost) async throws {
        try await eventually("a directory of MariaDB is made ahead") {
            try await roost.json(ItemList<EngineInfo>.self, "engine", "ls").items
                .contains { $0.engine.hasPrefix("mariadb@") && $0.readyDirectories > 0 }
        }
    }

    private func isNamed(_ outcome: Outcome, _ words: String) throws {
        #expect(outcome.status != 0 && outcome.errors.contains(words), "\(outcome)")
        #expect(outcome.errors.contains(Self.figure), "\(outcome)")
        #expect(!outcome.errors.contains("Problem(") && !outcome.errors.contains("Error Domain"), "\(outcome)")
    }
}

extension Roost {
    func events() async throws -> [EventInfo] {
        try await json(ItemList<EventInfo>.self, "events", "-n", "200").items
    }
}
