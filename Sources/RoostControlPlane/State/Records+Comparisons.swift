import RoostModel
import RoostStore
import Synchronization

extension Records {
    package static func comparisonsKey(_ id: ServiceID) -> String { "\(Kind.comparisons.prefix)\(id)" }

    /// The note on comparisons of the service's members. Empty if none is stored, or that of an earlier service of the
    /// name.
    package func comparisons(of service: Service) async throws(Problem) -> Versioned<ComparisonNote> {
        let found = try await get(ComparisonNote.self, at: Self.comparisonsKey(service.id))
        if let found, found.value.uid == service.uid { return found }
        return Versioned(ComparisonNote(uid: service.uid), revision: found?.revision ?? 0)
    }
}

/// The notes on comparisons of members: stored, and kept in memory for readers.
package final class ComparisonBook: Sendable {
    private let records: Records
    private let notes = Mutex<[ServiceID: ComparisonNote]>([:])

    package init(records: Records) { self.records = records }

    package func load(_ services: [Service]) async throws(Problem) {
        for service in services {
            let note = try await records.comparisons(of: service).value
            notes.withLock { $0[service.id] = note }
        }
    }

    /// Nil if the service's members were never compared.
    package func note(of service: Service) -> ComparisonNote? {
        notes.withLock { $0[service.id] }.flatMap { $0.uid == service.uid ? $0 : nil }
    }

    /// Forgets the notes of services that are gone; those in the store went with the services.
    package func keep(only services: Set<ServiceID>) {
        notes.withLock { $0 = $0.filter { services.contains($0.key) } }
    }

    /// Changes and stores a note. Without effect if the service is gone.
    package func change(_ id: ServiceID, _ change: (inout ComparisonNote) -> Void) async throws(Problem) {
        try await records.again { () async throws(Problem) in
            guard let found = try await records.service(id) else { return }
            let stored = try await records.comparisons(of: found.value)
            var note = stored.value
            change(&note)
            // The service may be removed meanwhile.
            try await records.commit([
                Records.put(note, at: Records.comparisonsKey(id), expecting: stored.revision),
                .check(key: Records.specKey(id), expecting: found.specRevision),
            ])
            let changed = note
            notes.withLock { $0[id] = changed }
        }
    }
}
