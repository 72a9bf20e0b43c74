import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Attempts of the application user of a MongoDB service. The user may make users, and so give itself every role:
/// that is repaired.
enum MongoDBAttempts {
    static let table: [Attempt] =
        Attempt.all(.refused, on: "admin", server) + Attempt.all(.refused, on: "admin", system)
        + Attempt.all(.refused, on: "local", local) + Attempt.all(.refused, on: "config", local)
        + Attempt.all(.refused, on: "data", code) + Attempt.all(.mended, on: "admin", climbing) + further
        + Attempt.all(.allowed, on: "admin", people)

    static let server = [
        #"{"shutdown": 1}"#, #"{"shutdown": 1, "force": true}"#, #"{"setParameter": 1, "logLevel": 1}"#,
        #"{"setParameter": 1, "notablescan": true}"#, #"{"setParameter": 1, "automationServiceDescriptor": ""}"#,
        #"{"setParameter": 1, "wiredTigerEngineRuntimeConfig": "cache_size=1M"}"#,
        #"{"setParameter": 1, "enableTestCommands": true}"#,
        #"{"replSetReconfig": {"_id": "x", "version": 9}, "force": true}"#,
        #"{"replSetStepDown": 60}"#, #"{"replSetStepUp": 1}"#, #"{"replSetFreeze": 60}"#, #"{"replSetMaintenance": 1}"#,
        #"{"replSetSyncFrom": "x:1"}"#, #"{"replSetInitiate": {"_id": "x", "members": []}}"#,
        #"{"replSetResizeOplog": 1, "size": 990}"#,
        #"{"setDefaultRWConcern": 1, "defaultWriteConcern": {"w": 1}}"#, #"{"fsync": 1, "lock": true}"#,
        #"{"fsyncUnlock": 1}"#,
        #"{"logRotate": 1}"#, #"{"rotateCertificates": 1}"#, #"{"setFeatureCompatibilityVersion": "5.0"}"#,
        #"{"setUserWriteBlockMode": 1, "global": true}"#, #"{"killOp": 1, "op": 1}"#, #"{"killAllSessions": []}"#,
        #"{"killAllSessionsByPattern": []}"#,
        #"{"dropConnections": 1, "hostAndPort": ["x:1"]}"#,
        #"{"addShard": "x/y:1"}"#, #"{"enableSharding": "data"}"#, #"{"shardCollection": "data.t", "key": {"a": 1}}"#,
        #"{"split": "data.t", "middle": {"a": 1}}"#, #"{"moveChunk": "data.t"}"#, #"{"flushRouterConfig": 1}"#,
        #"{"cleanupOrphaned": "data.t"}"#, #"{"setCommittedSnapshot": 1}"#, #"{"replSetTest": 1}"#,
        #"{"configureFailPoint": "x", "mode": "alwaysOn"}"#,
        #"{"setAuditConfig": 1, "auditAuthorizationSuccess": true}"#,
        #"{"authSchemaUpgrade": 1}"#, #"{"_mergeAuthzCollections": 1, "db": "data"}"#,
        #"{"applyOps": [{"op": "n", "ns": ""}]}"#,
        #"{"setClusterParameter": {"changeStreamOptions": {}}}"#, #"{"setFreeMonitoring": 1, "action": "enable"}"#,
        #"{"getParameter": "*", "saslHostName": 1, "unknownCommand": 1, "$db": "local"}"#,
        #"{"appendOplogNote": 1, "data": {"a": 1}}"#, #"{"resync": 1}"#, #"{"godinsert": "t", "obj": {}}"#,
        #"{"sleep": 1, "w": true, "secs": 1}"#, #"{"captrunc": "t", "n": 1}"#,
    ]

    static let system = [
        #"{"find": "system.keys"}"#,
        #"{"find": "system.users", "filter": {}, "unknown": 1}"#,
        #"{"insert": "system.users", "documents": [{"_id": "admin.eve", "user": "eve", "db": "admin", "roles": []}]}"#,
        #"{"update": "system.users", "updates": [{"q": {}, "u": {"$set": {"roles": []}}}]}"#,
        #"{"delete": "system.users", "deletes": [{"q": {}, "limit": 0}]}"#, #"{"drop": "system.users"}"#,
        #"{"drop": "system.roles"}"#,
        #"{"drop": "system.version"}"#,
        #"{"update": "system.version", "updates": [{"q": {}, "u": {"$set": {"version": "4"}}}]}"#,
        #"{"insert": "system.roles", "documents": [{"_id": "admin.r", "role": "r", "db": "admin", "privileges": [], "roles": []}]}"#,
        #"{"dropDatabase": 1}"#, #"{"renameCollection": "admin.system.users", "to": "data.users"}"#,
        #"{"renameCollection": "data.t", "to": "admin.system.users", "dropTarget": true}"#,
        #"{"aggregate": "t", "pipeline": [{"$out": {"db": "admin", "coll": "system.users"}}], "cursor": {}}"#,
        #"{"aggregate": "t", "pipeline": [{"$merge": {"into": {"db": "admin", "coll": "system.users"}}}], "cursor": {}}"#,
        #"{"collMod": "system.users", "validator": {"a": 1}}"#,
        #"{"create": "v", "viewOn": "system.users", "pipeline": [], "unknown": 1}"#,
        #"{"grantRolesToRole": "root", "roles": ["__system"]}"#,
        #"{"updateRole": "root", "privileges": []}"#, #"{"dropRole": "readWrite"}"#,
        #"{"createRole": "root", "privileges": [], "roles": []}"#,
    ]

    static let local = [
        #"{"insert": "t", "documents": [{"a": 1}]}"#, #"{"insert": "oplog.rs", "documents": [{"a": 1}]}"#,
        #"{"drop": "oplog.rs"}"#,
        #"{"delete": "oplog.rs", "deletes": [{"q": {}, "limit": 0}]}"#, #"{"dropDatabase": 1}"#, #"{"create": "t"}"#,
        #"{"update": "system.replset", "updates": [{"q": {}, "u": {"$set": {"version": 99}}}]}"#,
        #"{"drop": "system.replset"}"#,
        #"{"insert": "settings", "documents": [{"_id": "chunksize", "value": 1}]}"#, #"{"drop": "system.sessions"}"#,
        #"{"delete": "transactions", "deletes": [{"q": {}, "limit": 0}]}"#,
    ]

    static let code = [
        #"{"find": "t", "filter": {"$where": "function() { return run('id'); }"}, "unknown": 1}"#,
        #"{"eval": "return 1"}"#, #"{"$eval": "return 1"}"#,
        #"{"copydb": 1, "fromhost": "x", "fromdb": "a", "todb": "b"}"#,
        #"{"clone": "x:1"}"#, #"{"cloneCollection": "data.t", "from": "x:1"}"#, #"{"group": {"ns": "t"}}"#,
        #"{"applyOps": [{"op": "i", "ns": "admin.system.users", "o": {"_id": "admin.eve"}}]}"#,
        #"{"mapReduce": "t", "map": "function() {}", "reduce": "function() {}", "out": {"replace": "system.users", "db": "admin"}}"#,
        #"{"aggregate": "t", "pipeline": [{"$currentOp": {"allUsers": true}}], "cursor": {}}"#,
        #"{"internalRenameIfOptionsAndIndexesMatch": 1, "from": "data.t", "to": "admin.system.users"}"#,
    ]

    /// Every way to give the user itself, or an account of its own, more than it should have.
    static let climbing = [
        #"{"grantRolesToUser": "root", "roles": ["root"]}"#, #"{"grantRolesToUser": "root", "roles": ["__system"]}"#,
        #"{"grantRolesToUser": "root", "roles": ["clusterAdmin"]}"#,
        #"{"grantRolesToUser": "root", "roles": ["hostManager"]}"#,
        #"{"grantRolesToUser": "root", "roles": ["clusterManager"]}"#,
        #"{"grantRolesToUser": "root", "roles": ["backup"]}"#,
        #"{"grantRolesToUser": "root", "roles": ["restore"]}"#,
        #"{"grantRolesToUser": "root", "roles": [{"role": "readWrite", "db": "local"}]}"#,
        #"{"grantRolesToUser": "root", "roles": [{"role": "dbOwner", "db": "config"}]}"#,
        #"{"grantRolesToUser": "root", "roles": [{"role": "dbAdmin", "db": "local"}]}"#,
        #"{"updateUser": "root", "roles": ["root"]}"#, #"{"updateUser": "root", "roles": []}"#,
        #"{"updateUser": "root", "pwd": "other"}"#,
        #"{"updateUser": "root", "authenticationRestrictions": [{"clientSource": ["10.0.0.0/8"]}]}"#,
        #"{"revokeRolesFromUser": "root", "roles": ["userAdminAnyDatabase"]}"#, #"{"dropUser": "root"}"#,
        #"{"dropAllUsersFromDatabase": 1}"#, #"{"createUser": "eve", "pwd": "eveSecret1", "roles": ["root"]}"#,
        #"{"createUser": "eve2", "pwd": "eveSecret1", "roles": ["clusterAdmin", "hostManager"]}"#,
        #"{"grantRolesToUser": "eve", "roles": ["__system"]}"#,
        #"{"createRole": "king", "privileges": [{"resource": {"anyResource": true}, "actions": ["anyAction"]}], "roles": []}"#,
        #"{"createRole": "queen", "privileges": [], "roles": ["root"]}"#,
        #"{"createRole": "jack", "privileges": [{"resource": {"cluster": true}, "actions": ["shutdown"]}], "roles": []}"#,
        #"{"createRole": "ace", "privileges": [{"resource": {"db": "admin", "collection": "system.users"}, "actions": ["update"]}], "roles": []}"#,
        #"{"createRole": "ten", "privileges": [{"resource": {"db": "local", "collection": ""}, "actions": ["insert"]}], "roles": []}"#,
        #"{"grantPrivilegesToRole": "king", "privileges": [{"resource": {"cluster": true}, "actions": ["setParameter"]}]}"#,
        #"{"grantRolesToRole": "queen", "roles": ["restore"]}"#,
    ]

    private static func step(_ user: String?, _ database: String, _ text: String) -> Attempt.Step {
        Attempt.Step(user: user, password: user == nil ? nil : "eveSecret1", database: database, text: text)
    }

    /// Attempts with the rights that were gained.
    static let further: [Attempt] = [
        Attempt(
            .mended, #"{"grantRolesToUser": "root", "roles": ["root"]}"#, on: "admin",
            then: [step(nil, "admin", #"{"setDefaultRWConcern": 1, "defaultWriteConcern": {"w": 1}}"#)]),
        Attempt(
            .mended, #"{"grantRolesToUser": "eve", "roles": ["root"]}"#, on: "admin",
            then: [step("eve", "admin", #"{"createUser": "mallory", "pwd": "x", "roles": ["root"]}"#)]),
        Attempt(
            .mended, #"{"grantRolesToUser": "root", "roles": ["__system"]}"#, on: "admin",
            then: [
                step(
                    nil, "admin",
                    #"{"insert": "system.users", "documents": [{"_id": "admin.zoe", "user": "zoe", "db": "admin", "credentials": {}, "roles": [{"role": "root", "db": "admin"}]}]}"#
                )
            ]),
        Attempt(.refused, #"{"setParameter": 1, "logLevel": 1}"#, on: "admin"),
    ]

    static let people = [
        #"{"createUser": "anna", "pwd": "annaSecret1", "roles": [{"role": "readWrite", "db": "shop"}]}"#,
        #"{"createRole": "waiter", "privileges": [{"resource": {"db": "shop", "collection": ""}, "actions": ["find"]}], "roles": []}"#,
        #"{"grantRolesToUser": "anna", "roles": ["waiter"]}"#, #"{"listDatabases": 1}"#, #"{"serverStatus": 1}"#,
        #"{"usersInfo": 1}"#, #"{"replSetGetStatus": 1}"#, #"{"getParameter": "*"}"#,
        #"{"insert": "t", "documents": [{"a": 1}]}"#,
        #"{"find": "t", "filter": {"$where": "return true"}}"#, #"{"drop": "t"}"#, #"{"dropUser": "anna"}"#,
        // An account of `admin` that bears the name of the server's own, which is of `local`: it has no rights.
        #"{"createUser": "__system", "pwd": "x", "roles": []}"#, #"{"dropUser": "__system"}"#,
        #"{"invalidateUserCache": 1}"#,
    ]
}

@Suite(.serialized, .enabled(if: TestMongo.isHere, "scripts/setup --tests fetches it"), .timeLimit(.minutes(10)))
struct MongoDBAttemptTests {
    @Test func nobodyClimbs() async throws {
        try await TestServer.withFresh(TestMongo.engine, memory: .mebibytes(512)) { server in
            var run = AttemptRun(server) { step in
                do {
                    try MongoConnection(
                        server.plan.folders.socket,
                        .user(
                            step.user ?? server.plan.applicationUser,
                            password: step.password ?? server.plan.applicationPassword),
                        .administration
                    ).run(json: step.text, on: step.database ?? "admin")
                    return nil
                } catch let fault as MongoFault {
                    return "\(fault.code): \(fault.message)"
                }
            }
            try await run.run(MongoDBAttempts.table)
        }
    }
}
