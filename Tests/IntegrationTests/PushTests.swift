import Foundation
import RoostModel
import Testing

/// From a build file to a database, and what a push may and may not change.
@Suite
struct PushTests {
    @Test func aPushedServiceAnswersAtItsEndpoint() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let info = try await roost.info()
            #expect(info.state == .running)
            #expect(info.engine.hasPrefix("mariadb@"))
            #expect(info.instances.map(\.name) == ["data.0"])
            #expect(info.password == nil && info.url == nil, "shown only where asked for")
            #expect(try await roost.query("select database()") == ["data"])
            // Users create databases and users in a database of their own.
            try await roost.withSession { session in
                try await session.query("create database orders character set utf8mb4")
                try await session.query("create table orders.dish (name varchar(40))")
                try await session.query("insert into orders.dish values ('ラーメン')")
                try await session.query("create user 'cook'@'%' identified by 'a long enough password'")
                try await session.query("grant select on orders.* to 'cook'@'%'")
                #expect(try await session.query("select name from orders.dish") == ["ラーメン"])
            }
        }
    }

    @Test func nobodyConnectsWithoutAPassword() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let shown = try await roost.info(showPassword: true)
            #expect(try await roost.connect(shown).status == 0)
            #expect((shown.password ?? "").count >= 22, "128 bits of letters and digits")
            for user in ["root", "mysql", "mariadb", "roost", "", shown.user] {
                var guess = shown
                guess.user = user
                guess.password = nil
                let outcome = try await roost.connect(guess)
                #expect(outcome.status != 0, "'\(user)' without a password: \(outcome)")
            }
        }
    }

    @Test func pushingTheSameFileAgainChangesNothing() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let before = try await roost.info(showPassword: true)
            try await roost.push(BuildFiles.one)
            #expect(try await roost.info(showPassword: true) == before)
        }
    }

    @Test func settingsThatTheServerTakesInPlaceDoNotRestartIt() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.services("data: {type: mysql, config: {max_connections: 50}}"))
            let pid = try await roost.pid()
            try await roost.withSession { session in
                #expect(try await session.query("select @@global.max_connections") == ["50"])
                try await roost.push(BuildFiles.services("data: {type: mysql, config: {max_connections: 60}}"))
                #expect(try await session.query("select @@global.max_connections") == ["60"], "the same connection")
            }
            #expect(try await roost.pid() == pid)
            // The setting is not a passing state of the running server.
            try await roost.roost("restart", "data", "-A", "ramen").expectSuccess()
            #expect(try await roost.query("select @@global.max_connections") == ["60"])
        }
    }

    @Test func aSettingThatNeedsARestartGetsOne() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let pid = try await roost.pid()
            try await roost.push(
                BuildFiles.services("data: {type: mysql, memory: 192M, config: {back_log: 77}}"))
            #expect(try await roost.query("select @@back_log") == ["77"])
            #expect(try await roost.pid() != pid)
        }
    }

    @Test func aWrongSettingIsRefusedBeforeAnythingChanges() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let before = try await roost.info()
            for config in ["{no_such_setting: 1}", "{max_connections: plenty}", "{datadir: /tmp}", "{port: 3306}"] {
                let refused = try await roost.tryPush(
                    BuildFiles.services("data: {type: mysql, memory: 256M, config: \(config)}", "more: {type: mysql}"))
                #expect(refused.status == 2, "\(refused)")
                #expect(try await roost.info() == before)
            }
            #expect(try await roost.problem("info", "more", "-A", "ramen").error.code == "service_not_found")
        }
    }

    @Test func anErrorNamesFileLineAndKeyAndChangesNothing() async throws {
        try await withRoost(arguments: ["--ready", "0"]) { roost in
            let outcome = try await roost.tryPush("services:\n  data:\n    type: mysql\n    memroy: 1G\n")
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("roost.yml:4"), "\(outcome)")
            #expect(outcome.errors.contains("memroy"), "\(outcome)")
            #expect(outcome.errors.contains("memory"), "what is allowed: \(outcome)")
            #expect(roost.servers.isEmpty)
        }
    }

    @Test func whatIsNotThereYetOrTooSmallIsRefused() async throws {
        try await withRoost(arguments: ["--ready", "0"]) { roost in
            for service in [
                "data: {type: mysql, instances: 10}", "data: {type: mysql, memory: 8M}",
                "data: {type: mysql, backups: {to: /mnt}}", "data: {type: mysql, routing: split}",
            ] {
                let outcome = try await roost.tryPush(BuildFiles.services(service))
                #expect(outcome.status == 2, "\(outcome)")
            }
            #expect(roost.servers.isEmpty)
        }
    }

    @Test func aServiceThatLeavesTheFileRunsOn() async throws {
        try await withRoost { roost in
            try await roost.push(
                BuildFiles.services("data: {type: mysql, memory: 192M}", "more: {type: mysql, memory: 192M}"))
            let pid = try await roost.pid("more")
            let outcome = try await roost.push(BuildFiles.one)
            #expect((outcome.output + outcome.errors).contains("more"), "the push says so: \(outcome)")
            #expect(try await roost.pid("more") == pid)
            #expect(try await roost.query("select 1", "more") == ["1"])
        }
    }

    @Test func dotCloudsFormIsRead() async throws {
        try await withRoost { roost in
            let directory = "\(roost.folder)/old"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try Data("db:\n  type: mysql\n".utf8).write(to: URL(filePath: "\(directory)/dotcloud.yml"))
            try await roost.roost("create", "old", in: directory).expectSuccess()
            try await roost.roost("push", in: directory).expectSuccess()
            #expect(try await roost.query("select database()", "db", in: "old") == ["db"])
        }
    }

    @Test func moreDatabasesAreMadeAndNoneIsDropped() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.services("data: {type: mysql, memory: 192M, databases: [a, b]}"))
            try await roost.query("create table a.t (n int)")
            try await roost.push(BuildFiles.services("data: {type: mysql, memory: 192M, databases: [b, c]}"))
            let names = Set(try await roost.query("show databases"))
            #expect(names.isSuperset(of: ["data", "a", "b", "c"]))
            #expect(try await roost.query("select count(*) from a.t") == ["0"])
        }
    }
}
