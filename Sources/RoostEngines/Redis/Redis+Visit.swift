import RoostModel

extension Redis {
    package func visit(_ plan: ServerPlan, _ aim: VisitAim) async -> Visit {
        // The only error is that of a cancelled call, which showed nothing.
        let answer = try? await AdministrationThreads.run { () throws(RedisFault) -> Visit in
            let connection = try RedisConnection(plan.address, patience: RedisConnection.probePatience)
            try connection.run(["PING"])
            return .welcome
        }
        var visit: Visit =
            switch answer {
            case .success(let visit): visit
            case .failure(let fault): Self.visit(fault)
            case nil: .welcome
            }
        visit.missing = RedisData(folder: plan.folders.data).missingLogs
        return visit
    }

    /// What an error on the way says. Pure.
    static func visit(_ fault: RedisFault) -> Visit {
        switch fault {
        case .unanswered: .silence
        case .refused(let words) where words.contains("max number of clients"):
            Visit(
                refusal: "all connections that it takes are in use (\(words)): have clients close some, or raise "
                    + "'maxclients' in its config")
        // Roost's own account, and what the server is busy with, are looked after elsewhere.
        case .refused: .welcome
        }
    }
}

extension RedisData {
    /// Files of the log that the server's own list names, and that are not there.
    ///
    /// The server names a file before it writes to it, and removes one after it has taken it off the list.
    var missingLogs: [String] {
        let log = "\(folder)/\(Self.logFolder)"
        guard let manifest = FolderEntry.text("\(log)/\(Self.manifestFile)", atMost: 64 << 10) else { return [] }
        return Landmarks.allMissing(RedisLogManifest.current(manifest), in: log).map { "\(Self.logFolder)/\($0)" }
    }
}

extension RedisLogManifest {
    /// The names of the files that the data are in: the base and what was written since, not those that are on their way out.
    static func current(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.split(separator: " ")
            guard let kind = words.lastIndex(of: "type"), let place = words.firstIndex(of: "file"),
                let type = words.dropFirst(kind + 1).first, ["b", "i"].contains(type),
                let name = words.dropFirst(place + 1).first, !name.contains("/"), !name.hasPrefix(".")
            else { return nil }
            return String(name)
        }
    }
}
