import RoostModel

extension Redis {
    package func visit(_ plan: ServerPlan, _ aim: VisitAim) async -> Visit {
        // `run` throws only if the call is cancelled; a cancelled visit has no result.
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

    /// The meaning of an error during a visit. Pure.
    static func visit(_ fault: RedisFault) -> Visit {
        switch fault {
        case .unanswered: .silence
        case .refused(let words) where words.contains("max number of clients"):
            Visit(
                refusal: "all its connections are in use (\(words)): close some clients, or raise "
                    + "'maxclients' in its config")
        // Probes handle Roost's own account and a busy server.
        case .refused: .welcome
        }
    }
}

extension RedisData {
    /// Log files that the server's manifest names and that are missing.
    ///
    /// The server lists a file before it writes to it, and removes a file after taking it off the list.
    var missingLogs: [String] {
        let log = "\(folder)/\(Self.logFolder)"
        guard let manifest = FolderEntry.text("\(log)/\(Self.manifestFile)", atMost: 64 << 10) else { return [] }
        return Landmarks.allMissing(RedisLogManifest.current(manifest), in: log).map { "\(Self.logFolder)/\($0)" }
    }
}

extension RedisLogManifest {
    /// The names of the files that hold the data: the base and the increments, without those to be removed.
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
