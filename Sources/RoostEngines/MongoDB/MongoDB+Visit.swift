import RoostModel

/// Classifies the removed files that a server still has open: files it needs, and files it may have dropped. Pure.
struct MongoDBFiles {
    /// Files that the server cannot work without, known by name. Log files that the server removes itself are closed
    /// first.
    let essential: [String]
    /// Files of collections and indexes, which the server removes when they are dropped: its catalogue tells which are
    /// needed.
    let tables: [String]

    init(_ removed: [String]) {
        essential = removed.filter {
            ["_mdb_catalog.wt", "sizeStorer.wt", "WiredTigerHS.wt"].contains($0)
                || $0.hasPrefix("journal/WiredTigerLog.")
        }
        tables = removed.filter { name in
            name.hasSuffix(".wt") && ["collection-", "index-"].contains { name.hasPrefix($0) }
        }
    }

    /// The catalogue's name of a table: the file name without `.wt`.
    static func ident(_ file: String) -> String { String(file.dropLast(3)) }

    /// Documents, one per collection, with its own table and those of its indexes. Large catalogues are read in part.
    static let catalogue: BSONDocument = [
        "aggregate": 1,
        "pipeline": [["$listCatalog": .document(BSONDocument())], ["$project": ["ident": 1, "idxIdent": 1]]],
        "cursor": ["batchSize": 10_000],
    ]

    static func idents(_ entries: [BSONDocument]) -> Set<String> {
        Set(
            entries.flatMap { entry in
                [entry["ident"]?.text].compactMap(\.self)
                    + (entry["idxIdent"]?.document?.fields.compactMap(\.value.text) ?? [])
            })
    }
}

extension MongoDB {
    package func visit(_ plan: ServerPlan, _ aim: VisitAim) async -> Visit {
        // `run` throws only if the call is cancelled; a cancelled visit has no result.
        let answer = try? await AdministrationThreads.run { () throws(MongoFault) -> Visit in
            let connection = try connect(plan, .probe)
            try connection.run(["ping": 1])
            let files = MongoDBFiles(aim.removed)
            guard !files.tables.isEmpty else { return Visit(missing: files.essential) }
            let idents = MongoDBFiles.idents(try connection.documents(MongoDBFiles.catalogue))
            return Visit(
                missing: files.essential + files.tables.filter { idents.contains(MongoDBFiles.ident($0)) })
        }
        switch answer {
        case .success(let visit): return visit
        case .failure(let fault): return fault.isUnanswered ? .silence : .welcome
        case nil: return .welcome
        }
    }
}
