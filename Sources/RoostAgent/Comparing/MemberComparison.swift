import RoostControl
import RoostEngines
import RoostModel

/// Compares the tables of a group's replicas with the primary's, while all of them are in use.
///
/// One query runs at a time, and each is followed by a pause as long as itself, so that half of one core of a server is
/// used at most. A replica that does not answer is left out from then on; without the primary there is no result.
struct MemberComparison {
    /// The longest time in which a replica has to apply the primary's position.
    private static let catchUp: Duration = .seconds(60)
    private static let longestPause: Duration = .seconds(5)

    let engine: any Comparing
    let primary: ServerAddress
    let replicas: [ServerAddress]
    /// Told before each table: the table, its number, and the number of all tables.
    let progress: @Sendable (_ table: String, _ number: Int, _ count: Int) -> Void
    private var comparison: MembersComparison

    init(
        engine: any Comparing, primary: ServerAddress, replicas: [ServerAddress],
        progress: @escaping @Sendable (_ table: String, _ number: Int, _ count: Int) -> Void
    ) {
        self.engine = engine
        self.primary = primary
        self.replicas = replicas
        self.progress = progress
        comparison = MembersComparison(
            primary: primary.instance.name, members: replicas.map { .init($0.instance.name) })
    }

    /// Throws if the primary does not answer, is no longer the primary, or the task is cancelled.
    mutating func run() async throws -> MembersComparison {
        _ = try await pointOfPrimary()
        let tables = try await engine.comparableTables(primary)
        comparison.leftOut = tables.compactMap { table in
            table.leftOut.map { MembersComparison.Table(table.name, .leftOut, $0) }
        }
        if comparison.leftOut.count > MembersComparison.mostNamed {
            comparison.leftOut.removeLast(comparison.leftOut.count - MembersComparison.mostNamed)
        }
        let compared = tables.filter { $0.leftOut == nil }
        for (number, table) in compared.enumerated() {
            guard !present.isEmpty else { break }
            progress(table.name, number + 1, compared.count)
            try await compare(table)
        }
        for index in present { try await compareLists(tables, index) }
        return comparison
    }

    /// Indices of the replicas that have answered so far.
    private var present: [Int] { replicas.indices.filter { comparison.members[$0].reason == nil } }

    // MARK: One table

    private mutating func compare(_ table: ComparableTable) async throws {
        guard let shape = try await engine.shape(of: table, primary) else { return }
        var (open, lower) = (try await withSameDefinition(shape), Int?.none)
        while !open.isEmpty {
            let upper: Int?
            switch try await paced({ try await engine.chunkEnd(of: shape, after: lower, primary) }) {
            case .at(let key): upper = key
            case .last: upper = nil
            case .unknown(let reason):
                for index in open { comparison.members[index].add(.notCompared(reason: reason), table.name) }
                return
            }
            open = try await compare(TableChunk(shape, lower: lower, upper: upper), on: open)
            guard let upper else { break }
            lower = upper
        }
        for index in open { comparison.members[index].add(.equal, table.name) }
    }

    /// The replicas whose table has the columns and the storage engine of the primary's. Others are not read: a table
    /// of another storage engine would be locked.
    private mutating func withSameDefinition(_ shape: TableShape) async throws -> [Int] {
        guard !shape.definition.isEmpty else { return present }
        var same: [Int] = []
        for index in present {
            do {
                let verdict = try await standing(of: shape.table, on: replicas[index])
                note(verdict, "its columns or its storage engine differ, or it is not there", shape.table.name, index)
                if verdict == .equal { same.append(index) }
            } catch let absence as Absence {
                comparison.members[index].reason = absence.reason
            }
        }
        return same
    }

    /// Compares a part of a table on these replicas, and returns those on which it is equal.
    private mutating func compare(_ chunk: TableChunk, on open: [Int]) async throws -> [Int] {
        let table = chunk.shape.table.name
        let before = try await paced { try await engine.sum(of: chunk, primary) }
        // A table that was dropped meanwhile is no longer compared: replicas have dropped it, or will.
        if before == .absent { return try await isGone(chunk) ? [] : giveUp(table, on: open) }
        let point = try await pointOfPrimary()
        var equal: [Int] = []
        for index in open {
            do {
                let verdict = try await verdict(chunk, on: replicas[index], first: (before, point))
                note(verdict, chunk.text.isEmpty ? "its rows differ" : "\(chunk.text) differ", table, index)
                if verdict == .equal { equal.append(index) }
            } catch let absence as Absence {
                comparison.members[index].reason = absence.reason
            }
        }
        return equal
    }

    /// Adds what is certain of a table, unless it is equal so far. `difference`: what differs if something does, a clause.
    private mutating func note(_ verdict: ChunkProof.Verdict, _ difference: String, _ table: String, _ index: Int) {
        switch verdict {
        case .differs: comparison.members[index].add(.differs(reason: difference), table)
        case .notCompared(let reason): comparison.members[index].add(.notCompared(reason: reason), table)
        case .equal, .again: break
        }
    }

    private func isGone(_ chunk: TableChunk) async throws -> Bool {
        try await engine.shape(of: chunk.shape.table, primary) == nil
    }

    private mutating func giveUp(_ table: String, on open: [Int]) -> [Int] {
        for index in open {
            comparison.members[index].add(.notCompared(reason: "its definition was changed meanwhile"), table)
        }
        return []
    }

    /// Repeats attempts until the state of the chunk on the replica is certain. `first`: the primary's checksum and
    /// position of the first attempt.
    private func verdict(
        _ chunk: TableChunk, on replica: ServerAddress, first: (sum: ChunkSum, point: ComparisonPoint)
    ) async throws -> ChunkProof.Verdict {
        var proof = ChunkProof()
        var (before, point) = first
        while true {
            try await wait(for: replica, at: point)
            let found = try await asking(replica) { try await paced { try await engine.sum(of: chunk, replica) } }
            var (after, commitsWait) = (ChunkSum?.none, false)
            if found != before || !found.isState {
                after = try await paced { try await engine.sum(of: chunk, primary) }
                commitsWait = try await pointOfPrimary().commitsWait
            }
            let evidence = ChunkProof.Evidence(
                before: before, replica: found, after: after, commitsWait: commitsWait)
            let verdict = proof.take(evidence)
            guard case .again(let pause) = verdict else { return verdict }
            try await Task.sleep(for: pause)
            before = try await paced { try await engine.sum(of: chunk, primary) }
            point = try await pointOfPrimary()
        }
    }

    // MARK: Tables that only a replica has

    private mutating func compareLists(_ tables: [ComparableTable], _ index: Int) async throws {
        do {
            let found = try await asking(replicas[index]) { try await engine.comparableTables(replicas[index]) }
            let known = Set(tables.map(\.name))
            for table in found where !known.contains(table.name) {
                let verdict = try await standing(of: table, on: replicas[index])
                note(verdict, "the primary has no such table", table.name, index)
            }
        } catch let absence as Absence {
            comparison.members[index].reason = absence.reason
        }
    }

    /// Whether a table is on both servers with the same definition, or on none. Its rows are not read.
    private func standing(of table: ComparableTable, on replica: ServerAddress) async throws -> ChunkProof.Verdict {
        func state(_ server: ServerAddress) async throws -> ChunkSum {
            let shape = try await engine.shape(of: table, server)
            return shape.map { .rows(count: 0, digest: $0.definition) } ?? .absent
        }
        var proof = ChunkProof()
        while true {
            let before = try await state(primary)
            try await wait(for: replica, at: try await pointOfPrimary())
            let found = try await asking(replica) { try await state(replica) }
            let after = try await state(primary)
            let evidence = ChunkProof.Evidence(
                before: before, replica: found, after: after, commitsWait: try await pointOfPrimary().commitsWait)
            let verdict = proof.take(evidence)
            guard case .again(let pause) = verdict else { return verdict }
            try await Task.sleep(for: pause)
        }
    }

    // MARK: Positions

    /// Why a replica is not compared, or no longer.
    private struct Absence: Error, CustomStringConvertible {
        let reason: String
        var description: String { reason }
    }

    private func asking<Value>(
        _ replica: ServerAddress, _ work: () async throws -> Value
    ) async throws -> Value {
        do { return try await work() } catch let error as EngineError {
            try Task.checkCancellation()
            throw Absence(reason: "\(error)")
        }
    }

    /// Asks again if a server does not answer: a busy one may be late once.
    private func patiently<Value>(_ question: () async throws -> Value) async throws -> Value {
        for _ in 0..<2 {
            do { return try await question() } catch is EngineError { try await Task.sleep(for: .seconds(1)) }
        }
        return try await question()
    }

    private func pointOfPrimary() async throws -> ComparisonPoint {
        let point = try await patiently { try await engine.comparisonPoint(primary) }
        guard point.role == .primary else {
            throw HostFailure("\(primary.instance.name) is no longer the primary")
        }
        return point
    }

    /// Waits until the replica has applied everything up to the primary's position.
    private func wait(for replica: ServerAddress, at point: ComparisonPoint) async throws {
        guard let wanted = point.position else { throw HostFailure("the primary does not tell its position") }
        let deadline = ContinuousClock.now + Self.catchUp
        var pause = Duration.milliseconds(5)
        while true {
            let own = try await asking(replica) {
                try await patiently { try await engine.comparisonPoint(replica) }
            }
            guard own.role == .replica else { throw Absence(reason: "it does not follow the primary") }
            if case .broken(let reason) = own.link { throw Absence(reason: "its replication is broken: \(reason)") }
            if own.position?.standing(against: wanted).holdsAll ?? false { return }
            guard ContinuousClock.now < deadline else {
                throw Absence(
                    reason: "it did not apply the primary's changes within \(Self.catchUp.components.seconds) s")
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(500))
        }
    }

    /// Runs a query, then pauses for as long as it took.
    private func paced<Value>(_ query: () async throws -> Value) async throws -> Value {
        let began = ContinuousClock.now
        let value = try await query()
        try await Task.sleep(for: min(began.duration(to: .now), Self.longestPause))
        return value
    }
}
