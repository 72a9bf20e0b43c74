import Foundation
import RoostModel
import Testing

/// Processes are killed in turn: the address, the password and the rows stay, and processes that were not killed run
/// on.
@Suite
struct CrashTests {
    @Test func aKilledDaemonTakesNothingWithIt() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let before = try await roost.info(showPassword: true)
            try await roost.withSession { session in
                try await session.query("create table t (n int)")
                let connection = try await session.connectionID()
                let router = try #require(roost.router)

                await roost.killDaemon()
                // Without a daemon the connection stands, and new ones are let in.
                try await session.query("insert into t values (1)")
                #expect(try await roost.connect(before, statement: "insert into t values (2)").status == 0)

                try await roost.start()
                #expect(try await session.connectionID() == connection)
                #expect(try await session.query("select count(*) from t") == ["2"])
                #expect(roost.router == router)
            }
            let after = try await roost.info(showPassword: true)
            #expect(after.instances.first?.pid == before.instances.first?.pid, "adopted, not started again")
            #expect(after == before)
            // The daemon watches the adopted server like one that it started itself.
            try await roost.roost("restart", "data", "-A", "ramen").expectSuccess()
            #expect(try await roost.query("select count(*) from t") == ["2"])
        }
    }

    @Test func aDaemonThatIsToldToStopLeavesItsDatabasesRunning() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let shown = try await roost.info(showPassword: true)
            #expect(await roost.terminateDaemon() == 0)
            #expect(try await roost.connect(shown).status == 0)
            try await roost.start()
            #expect(try await roost.info(showPassword: true) == shown)
        }
    }

    /// A restart that is under way is finished by the next daemon: no database is killed because this daemon stops.
    @Test func aDaemonThatIsToldToStopKillsNoDatabaseThatIsEnding() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let shown = try await roost.info(showPassword: true)
            let pid = try #require(shown.instances.first?.pid)
            // A stopped server (SIGSTOP) cannot end.
            kill(pid, SIGSTOP)
            try await roost.roost("restart", "data", "-A", "ramen", "--no-wait").expectSuccess()
            try await eventually("the server was told to end") { ProcessTable.hasPending(SIGTERM, pid) }
            #expect(await roost.terminateDaemon() == 0)
            #expect(ProcessTable.hasPending(SIGTERM, pid), "it lives, and has not been killed")
            kill(pid, SIGCONT)
            try await roost.start()
            try await eventually("it was restarted") { try await roost.info().instances.first?.pid != pid }
            try await roost.waitReady()
            #expect(try await roost.connect(shown).status == 0)
        }
    }

    @Test func whoWaitsAfterARequestWaitsForIt() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let pid = try await roost.pid()
            try await roost.roost("restart", "data", "-A", "ramen", "--no-wait").expectSuccess()
            try await roost.waitReady()
            #expect(try await roost.pid() != pid)
        }
    }

    /// The first router has handed its sockets over to another, which dies; the first one's last client keeps it
    /// alive meanwhile.
    @Test func aRouterThatDrainsStandsInNobodysWay() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let shown = try await roost.info(showPassword: true)
            let first = try #require(roost.router).pid
            try await roost.withSession { session in
                try await session.query("select 1")
                // Foundation waits for a descriptor that a grandchild would keep.
                let script = """
                    for number in $(ls /proc/$$/fd); do
                        if [ "$number" -gt 2 ]; then eval "exec $number>&-"; fi
                    done
                    setsid "$0" --home "$1" </dev/null >/dev/null 2>&1 &
                    """
                try await Command.run("/bin/bash", ["-c", script, "\(Programs.folder)/roost-router", roost.home])
                    .expectSuccess()
                let next = { roost.processes.first { $0.program == "roost-router" && $0.pid != first }?.pid }
                try await eventually("another router has taken over") {
                    try await roost.roost("doctor", "--json").output.contains("process \(next() ?? 0)")
                }
                kill(try #require(next()), SIGKILL)
                try await eventually("a third one takes connections") { try await roost.connect(shown).status == 0 }
                #expect(try await session.query("select 2") == ["2"], "the first one's client was not cut")
            }
        }
    }

    @Test func aKilledRouterComesBackAtTheSameAddress() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let shown = try await roost.info(showPassword: true)
            let router = try #require(roost.router)
            kill(router.pid, SIGKILL)
            try await eventually("another router runs") { roost.router.map { $0.pid != router.pid } ?? false }
            try await eventually("it takes connections") { try await roost.connect(shown).status == 0 }
            #expect(try await roost.pid() == shown.instances.first?.pid)
            #expect(try await eventKinds(roost).filter { $0.hasPrefix("router_") } == ["router_restarted"])
        }
    }

    /// The kernel goes on taking connections for a router that was stopped, so only its answers show that it serves.
    @Test func aFrozenRouterIsToldAndAllIsWellOnceItRunsOn() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let shown = try await roost.info(showPassword: true)
            let router = try #require(roost.router)
            kill(router.pid, SIGSTOP)
            do {
                try await eventually("the service says so") {
                    let info = try await roost.info()
                    return info.state == .degraded && info.problems.contains { $0.contains("kill -CONT \(router.pid)") }
                }
                let doctor = try await roost.roost("doctor")
                #expect(doctor.output.contains("the router (process \(router.pid)) does not answer"), "\(doctor)")
            } catch {
                kill(router.pid, SIGCONT)
                throw error
            }
            kill(router.pid, SIGCONT)
            try await eventually("the service is well again") {
                let info = try await roost.info()
                return info.state == .running && info.problems.isEmpty
            }
            #expect(try await roost.connect(shown).status == 0)
            #expect(
                try await eventKinds(roost).filter { $0.hasPrefix("router_") } == ["router_silent", "router_answers"])
        }
    }

    @Test func routerAndDaemonMayDieTogether() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let shown = try await roost.info(showPassword: true)
            await roost.killDaemon()
            kill(try #require(roost.router).pid, SIGKILL)
            try await roost.start()
            try await eventually("it takes connections") { try await roost.connect(shown).status == 0 }
            #expect(try await roost.pid() == shown.instances.first?.pid)
        }
    }

    @Test func aKilledServerIsStartedAgainInPlace() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            try await roost.query("create table t as select 42 as n")
            let before = try await roost.info(showPassword: true)
            let pid = try #require(before.instances.first?.pid)
            kill(pid, SIGKILL)
            // A client that connects meanwhile is held at the router until the server is back.
            try await eventually("the server is back") { try await roost.connect(before).status == 0 }
            try await roost.waitReady()
            var after = try await roost.info(showPassword: true)
            #expect(after.instances.first?.pid != pid)
            #expect(try await roost.query("select n from t") == ["42"])
            after.instances = before.instances
            #expect(after == before)
            #expect(try await eventKinds(roost).contains("instance_exited"))
        }
    }

    @Test func aServerThatDiedWithoutADaemonIsStartedByTheNext() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            try await roost.query("create table t as select 42 as n")
            let pid = try await roost.pid()
            await roost.killDaemon()
            kill(pid, SIGKILL)
            try await roost.start()
            try await roost.waitReady()
            #expect(try await roost.pid() != pid)
            #expect(try await roost.query("select n from t") == ["42"])
        }
    }

    @Test func allThreeMayDieAtOnce() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            try await roost.query("create table t as select 42 as n")
            let before = try await roost.info(showPassword: true)
            let others = roost.processes.map(\.pid).filter { $0 != roost.daemonPID }
            for pid in others { kill(pid, SIGKILL) }
            await roost.killDaemon()
            try await roost.start()
            try await roost.waitReady()
            #expect(try await roost.info(showPassword: true).url == before.url)
            #expect(try await roost.query("select n from t") == ["42"])
        }
    }

    @Test func stoppingWithServicesAndStartingBringsAllBack() async throws {
        try await withRoost { roost in
            try await roost.push(
                BuildFiles.services("data: {type: mysql, memory: 192M}", "more: {type: mariadb, memory: 192M}"))
            try await roost.query("create table t as select 42 as n")
            let before = try await roost.info(showPassword: true)
            try await roost.stop(services: true).expectSuccess()
            #expect(roost.processes.isEmpty)
            try await roost.start()
            try await roost.waitReady()
            try await roost.waitReady("more")
            #expect(try await roost.query("select n from t") == ["42"])
            #expect(try await roost.info(showPassword: true).url == before.url)
        }
    }

    @Test func aServerThatCannotStartIsTriedAgainWithPauses() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let pid = try await roost.pid()
            let data = "\(roost.home)/instances/ramen/data.0/data"
            // The server cannot do without this file of its own.
            try FileManager.default.moveItem(atPath: "\(data)/ibdata1", toPath: "\(roost.folder)/ibdata1")
            kill(pid, SIGKILL)
            try await eventually("it is reported down, with the reason") {
                let info = try await roost.info()
                return info.state == .down && !info.problems.isEmpty
            }
            try FileManager.default.moveItem(atPath: "\(roost.folder)/ibdata1", toPath: "\(data)/ibdata1")
            try await roost.waitReady()
            #expect(try await roost.query("select 1") == ["1"])
        }
    }

    private func eventKinds(_ roost: Roost) async throws -> [String] {
        let outcome = try await roost.roost("events", "--json")
        return try JSON.decode(ItemList<EventInfo>.self, from: Data(outcome.output.utf8)).items.map(\.kind)
    }
}
