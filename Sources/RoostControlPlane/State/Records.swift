import Foundation
import RoostModel
import RoostStore
import RoostTasks

/// A document and the revision it was read at.
package struct Versioned<Value: Sendable>: Sendable {
    package var value: Value
    /// For the next write's compare-and-set. 0: the document does not exist yet.
    package let revision: Int64

    package init(_ value: Value, revision: Int64) {
        self.value = value
        self.revision = revision
    }
}

/// The service that a clone's name refers to. A document of its own, so that two clones at once cannot get one name.
package struct CloneIndex: Codable, Equatable, Sendable {
    package let service: ServiceID
}

/// The documents in the store, by kind. A document that cannot be read is an error that names it, never skipped.
package struct Records: Sendable {
    package let store: any StateStore
    private let turns = KeyedQueue()

    package init(store: any StateStore) { self.store = store }

    /// Serializes work on a document within this daemon, for documents that many requests change at once: each would
    /// read the same revision, and all but one would write in vain.
    package func inTurn<Value: Sendable>(
        _ subject: String, _ work: @escaping @Sendable () async throws(Problem) -> Value
    ) async throws(Problem) -> Value {
        do { return try await turns.take(subject, work) } catch let problem as Problem { throw problem } catch {
            throw Problem(.serviceUnavailable, "roostd is stopping", next: ["try again"])
        }
    }

    package enum Kind: String, Sendable, CaseIterable {
        case applications, services, allocations, operations, tokens, events, clones, templates, failovers, notify,
            comparisons
        var prefix: String { "/\(rawValue)/" }
    }

    package static func key(_ name: ApplicationName) -> String { "\(Kind.applications.prefix)\(name)" }
    package static func key(_ name: CloneName) -> String { "\(Kind.clones.prefix)\(name)" }
    package static func key(_ name: TemplateName) -> String { "\(Kind.templates.prefix)\(name)" }

    package func get<Value: Codable & Sendable>(
        _ type: Value.Type = Value.self, at key: String
    ) async throws(Problem) -> Versioned<Value>? {
        do throws(StoreError) {
            guard let stored = try await store.get(key) else { return nil }
            return try Versioned(read(stored), revision: stored.revision)
        } catch { throw Problem(error) }
    }

    package func list<Value: Codable & Sendable>(
        _ type: Value.Type = Value.self, under prefix: String
    ) async throws(Problem) -> [Versioned<Value>] {
        do throws(StoreError) {
            var values: [Versioned<Value>] = []
            for stored in try await store.list(prefix) {
                try values.append(Versioned(read(stored), revision: stored.revision))
            }
            return values
        } catch { throw Problem(error) }
    }

    @discardableResult
    package func commit(_ writes: [StoreWrite]) async throws(Problem) -> Int64 {
        do throws(StoreError) { return try await store.commit(writes) } catch { throw Problem(error) }
    }

    package static func put(
        _ value: some Encodable, at key: String, expecting revision: Int64?
    ) throws(Problem) -> StoreWrite {
        do { return .put(key: key, value: try JSON.encode(value), expecting: revision) } catch {
            throw Problem(.failed, "\(key) cannot be encoded: \(error)")
        }
    }

    // MARK: By kind

    package func application(_ name: ApplicationName) async throws(Problem) -> Versioned<Application>? {
        try await get(at: Self.key(name))
    }

    package func applications() async throws(Problem) -> [Versioned<Application>] {
        try await list(under: Kind.applications.prefix)
    }

    /// The service that has the clone's name. Nil if none has it.
    package func clone(_ name: CloneName) async throws(Problem) -> Versioned<CloneIndex>? {
        try await get(at: Self.key(name))
    }

    package func template(_ name: TemplateName) async throws(Problem) -> Versioned<Template>? {
        try await get(at: Self.key(name))
    }

    package func templates() async throws(Problem) -> [Versioned<Template>] {
        try await list(under: Kind.templates.prefix)
    }

    /// Reads a template's document, changes and writes it; retries if another writer was first.
    /// `change` returns nil to leave it as it is. Returns the template as it is now; nil if it does not exist.
    @discardableResult
    package func update(
        _ name: TemplateName, _ change: (Template) throws(Problem) -> Template?
    ) async throws(Problem) -> Template? {
        try await again { () async throws(Problem) in
            guard let found = try await template(name) else { return nil }
            guard let changed = try change(found.value) else { return found.value }
            try await commit([Self.put(changed, at: Self.key(name), expecting: found.revision)])
            return changed
        }
    }

    /// Repeats an attempt to read, decide and write after a conflict with another writer, a bounded number of times.
    package func again<Value>(
        _ attempt: () async throws(Problem) -> Value
    ) async throws(Problem) -> Value {
        for _ in 1..<10 {
            do throws(Problem) { return try await attempt() } catch {
                guard error.code == .conflict else { throw error }
            }
        }
        return try await attempt()
    }

    func read<Value: Decodable>(_ stored: StoredValue) throws(StoreError) -> Value {
        do { return try JSON.decode(from: stored.value) } catch {
            throw .corrupt(path: stored.key, reason: "\(error)")
        }
    }
}

extension Problem {
    init(_ error: StoreError) {
        switch error {
        case .conflict(let key):
            self.init(.conflict, "\(key) was changed by another request in the meantime", next: ["try again"])
        case .compacted: self.init(.failed, "the store's history does not reach back that far")
        case .full(let reason):
            self.init(
                .diskFull, "the disk is full, nothing was changed: \(reason)", next: ["free some space, then try again"]
            )
        case .corrupt(let path, let reason):
            self.init(
                .storeUnreadable, "\(path) in the store cannot be read: \(reason)",
                next: ["stop roostd, then 'roost recover' rebuilds the store from the databases' manifests"])
        case .newer(let path, let schema):
            self.init(
                .storeUnreadable, "\(path) was written by a newer Roost (schema \(schema))", next: ["upgrade roostd"])
        case .unavailable(let reason): self.init(.failed, "the store did not answer: \(reason)")
        }
    }
}
