import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Attempts of the application user of a Redis or Valkey service. The user has no command that changes users or
/// settings.
enum RedisAttempts {
    static let table: [Attempt] = Attempt.all(.refused, refused) + Attempt.all(.allowed, allowed)

    static let refused = [
        "ACL SETUSER default +@all", "ACL SETUSER eve on nopass ~* &* +@all", "ACL SETUSER roost_admin off",
        "ACL SETUSER default nopass", "ACL DELUSER roost_admin", "ACL DELUSER default", "ACL LIST", "ACL USERS",
        "ACL GETUSER default", "ACL GETUSER roost_admin", "ACL SAVE", "ACL LOAD", "ACL LOG", "ACL LOG RESET",
        "ACL DRYRUN default GET x", "ACL GENPASS", "ACL CAT", "AUTH roost_admin x", "AUTH roost_admin shownSecret1",
        "HELLO 3 AUTH roost_admin x", "CONFIG GET *", "CONFIG GET requirepass", "CONFIG SET appendonly no",
        "CONFIG SET appendfsync no", "CONFIG SET dir /tmp", "CONFIG SET dbfilename x.php", "CONFIG SET maxmemory 1",
        "CONFIG SET requirepass x", "CONFIG SET aclfile /tmp/x", "CONFIG SET protected-mode no",
        "CONFIG SET maxclients 1",
        "CONFIG SET enable-debug-command yes", "CONFIG SET notify-keyspace-events KEA", "CONFIG SET save '1 1'",
        "CONFIG SET slaveof x", "CONFIG SET masterauth x", "CONFIG RESETSTAT", "CONFIG REWRITE", "SHUTDOWN",
        "SHUTDOWN NOSAVE", "SHUTDOWN SAVE FORCE", "SHUTDOWN ABORT", "DEBUG SEGFAULT", "DEBUG SLEEP 1", "DEBUG RELOAD",
        "DEBUG LOADAOF", "DEBUG SET-ACTIVE-EXPIRE 0", "DEBUG OBJECT x", "DEBUG JMAP", "DEBUG CHANGE-REPL-ID",
        "MODULE LOAD /tmp/x.so", "MODULE LOADEX /tmp/x.so", "MODULE UNLOAD x", "MODULE LIST", "REPLICAOF 127.0.0.1 1",
        "REPLICAOF NO ONE", "SLAVEOF 127.0.0.1 1", "FAILOVER", "FAILOVER ABORT", "SYNC", "PSYNC ? -1",
        "REPLCONF listening-port 1",
        "CLUSTER NODES", "CLUSTER RESET", "CLUSTER MEET 127.0.0.1 1", "BGSAVE", "SAVE", "BGREWRITEAOF",
        "MIGRATE 127.0.0.1 1 x 0 10", "RESTORE-ASKING x 0 x", "PFDEBUG GETREG x", "PFSELFTEST", "SWAPDB",
        "CLIENT PAUSE 1", "CLIENT UNPAUSE", "CLIENT NO-EVICT on", "CLIENT KILL USER", "SCRIPT DEBUG", "SCRIPT LOAD",
        "EVAL \"return redis.call('ACL','WHOAMI','x')\" 0", "EVAL \"return redis.call('CONFIG','GET','*')\" 0",
        "EVAL \"return redis.call('ACL','SETUSER','eve','on')\" 0", "EVAL \"return redis.call('SHUTDOWN')\" 0",
        "EVAL \"return redis.call('DEBUG','SLEEP','0')\" 0", "EVAL \"return redis.call('REPLICAOF','NO','ONE')\" 0",
        "EVAL \"return redis.call('MODULE','LIST')\" 0", "EVAL \"return os.execute('id')\" 0",
        "EVAL \"return io.open('/etc/passwd')\" 0", "EVAL \"return loadfile('/etc/passwd')\" 0",
        "EVAL \"return dofile('/etc/passwd')\" 0", "EVAL \"return package.loadlib('x','y')\" 0",
        "EVAL \"return require('os')\" 0", "EVAL \"redis.setresp = nil\" 0", "EVAL \"_G.x = 1\" 0",
        "EVAL \"rawset(_G, 'x', 1)\" 0", "EVAL \"getmetatable('').__index = nil\" 0",
        "EVAL \"return debug.getinfo(1)\" 0", "FUNCTION LOAD \"#!lua name=x\\nredis.call('ACL','LIST')\"",
        "EVAL \"#!lua flags=allow-oom\\nreturn redis.call('CONFIG','SET','dir','/tmp')\" 0",
        "EVAL \"return redis.acl_check_cmd('x')\" 0",
    ]

    static let allowed = [
        "SET x 1", "GET x", "ACL WHOAMI", "CLIENT LIST", "SLOWLOG GET 1", "LATENCY LATEST", "INFO server", "LASTSAVE",
        "ROLE", "EVAL \"return redis.call('GET','x')\" 0", "MULTI", "FLUSHALL",
        "EVAL \"return redis.acl_check_cmd('CONFIG','GET','*')\" 0",
    ]

    /// Words as `redis-cli` takes them apart: quotes keep spaces, `\n` is a line break within them.
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        var isEscaped = false
        for letter in text {
            switch letter {
            case _ where isEscaped:
                word.append(letter == "n" ? "\n" : letter)
                isEscaped = false
            case "\\": isEscaped = true
            case "\"": isQuoted.toggle()
            case " " where !isQuoted:
                words.append(word)
                word = ""
            default: word.append(letter)
            }
        }
        return words + [word]
    }
}

@Suite(.serialized, EachRelease(engine: "redis", usually: .newest, others: ["valkey"]), .timeLimit(.minutes(10)))
struct RedisAttemptTests {
    @Test(arguments: RedisServers.flavours) func nobodyClimbs(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            try await server.engine.open(server.plan)
            var run = AttemptRun(server) { step in
                do {
                    try server.session().run(RedisAttempts.words(step.text))
                    return nil
                } catch let fault as RedisFault {
                    return "\(fault)"
                }
            }
            try await run.run(RedisAttempts.table)
        }
    }

    /// Changes by Roost's own account, as by an engine's fault or a stolen password, are repaired; no other account
    /// can make them.
    @Test(arguments: RedisServers.flavours) func whatRoostsOwnAccountChangedIsMended(
        _ flavour: Redis.Flavour
    ) async throws {
        try await RedisServers.with(flavour) { server in
            let engine = try #require(server.engine as? Redis)
            try await engine.open(server.plan)
            try await engine.addUser("anna", password: "annaSecret1", plan: server.plan)
            let expected = try #require(engine.expectation(server.plan))
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            let changes = [
                ["ACL", "SETUSER", "eve", "on", "nopass", "~*", "&*", "+@all"],
                ["ACL", "SETUSER", "default", "nopass"],
                ["ACL", "SETUSER", "default", "+@all"], ["ACL", "SETUSER", "anna", "+config"],
                ["ACL", "DELUSER", "anna"],
                ["ACL", "SETUSER", "roost_admin", ">other"], ["CONFIG", "SET", "appendfsync", "no"],
                ["ACL", "SETUSER", "roost_admin", "nopass"],
            ]
            for change in changes {
                try RedisConnection(server.plan.address, patience: .seconds(5)).run(change)
                guard case .drifted(let drift) = await engine.probe(server.plan.address, expecting: expected) else {
                    Issue.record("\(change) was not noticed")
                    continue
                }
                try await engine.mendAccounts(drift, server.plan)
                #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy, "\(change)")
            }
        }
    }
}
