import Foundation
import RoostModel
import RoostStore

extension Records {
    package static func failoversKey(_ id: ServiceID) -> String { "\(Kind.failovers.prefix)\(id)" }

    /// The history of the service's failovers. Empty if none is stored, or that of an earlier service of the name.
    package func failovers(of service: Service) async throws(Problem) -> Versioned<FailoverHistory> {
        let found = try await get(FailoverHistory.self, at: Self.failoversKey(service.id))
        if let found, found.value.uid == service.uid { return found }
        return Versioned(FailoverHistory(uid: service.uid), revision: found?.revision ?? 0)
    }

    /// Stores the outcome of a failover. Without effect if the service is gone.
    package func record(_ failover: FailoverInfo, of id: ServiceID) async throws(Problem) {
        try await again { () async throws(Problem) in
            guard let found = try await service(id) else { return }
            let history = try await failovers(of: found.value)
            // The service may be removed meanwhile.
            try await commit([
                Self.change(of: history, with: failover, id),
                .check(key: Self.specKey(id), expecting: found.specRevision),
            ])
        }
    }

    static func change(
        of history: Versioned<FailoverHistory>, with failover: FailoverInfo, _ id: ServiceID
    ) throws(Problem) -> StoreWrite {
        var changed = history.value
        changed.put(failover)
        return try put(changed, at: failoversKey(id), expecting: history.revision)
    }
}
