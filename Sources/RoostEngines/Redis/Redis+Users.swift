import RoostModel

// Users that were added to a service. The file in the data directory is authoritative; the server is told first.
//
// An addition or removal that was interrupted between the two was never acknowledged. A user that the server was told
// of but that is not in the file is gone after the next start, and can be added again; a user that the server has
// forgotten but that is still in the file can be removed again.
extension Redis {
    package func users(_ plan: ServerPlan) async throws(EngineError) -> [EngineUser] {
        let data = RedisData(folder: plan.folders.data)
        let names: [String]
        do {
            let result = try await AdministrationThreads.run { () throws(EngineError) in
                userFiles.list(in: data).users.map(\.name)
            }
            names = try result.get()
        } catch {
            throw .notReachable("the call was cancelled")
        }
        return [EngineUser(name: plan.applicationUser, isShown: true)]
            + names.map { EngineUser(name: $0, isShown: false) }
    }

    package func addUser(_ name: String, password: String, plan: ServerPlan) async throws(EngineError) {
        if RedisUserList.isReserved(name) { throw .userReserved(name) }
        let user = RedisUserList.User(name: name, hash: RedisAccess.digest(password))
        let data = RedisData(folder: plan.folders.data)
        try await administer(plan.address) { connection throws(EngineError) in
            try userFiles.change(in: data) { list throws(EngineError) in
                guard list[name] == nil else { throw EngineError.userExists(name) }
                guard list.users.count < RedisUserList.most else {
                    throw EngineError.refused(code: 0, message: "a service has at most \(RedisUserList.most) users")
                }
                var changed = list
                changed.insert(user)
                _ = try asking { () throws(RedisFault) in try connection.run(RedisAccess.added(user)) }
                do throws(EngineError) {
                    try data.write(changed.text, to: RedisData.usersFile)
                } catch {
                    // The first error is reported; a user that cannot be removed is gone after the next start.
                    _ = try? connection.run(["ACL", "DELUSER", name])
                    throw error
                }
            }
        }
    }

    package func removeUser(_ name: String, plan: ServerPlan) async throws(EngineError) {
        if RedisUserList.isReserved(name) { throw .userReserved(name) }
        let data = RedisData(folder: plan.folders.data)
        try await administer(plan.address) { connection throws(EngineError) in
            try userFiles.change(in: data) { list throws(EngineError) in
                guard list[name] != nil else { throw EngineError.userUnknown(name) }
                var changed = list
                changed.remove(name)
                // The command ends the user's connections too.
                _ = try asking { () throws(RedisFault) in try connection.run(["ACL", "DELUSER", name]) }
                try data.write(changed.text, to: RedisData.usersFile)
            }
        }
    }
}
