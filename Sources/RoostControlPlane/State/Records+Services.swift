import Foundation
import RoostModel
import RoostStore

/// A service's two documents as of one moment, with the revision of each.
package struct StoredService: Sendable {
    package let value: Service
    package let specRevision: Int64
    package let statusRevision: Int64
}

/// Spec and status of a service are two keys below one prefix, so that both are read at one moment:
/// `/services/ramen/data/spec` and `/services/ramen/data/status`.
///
/// A write to one document checks that the other is unchanged, so a decision that rests on both still holds when
/// stored.
extension Records {
    package static func specKey(_ id: ServiceID) -> String { "\(Kind.services.prefix)\(id)/spec" }
    package static func statusKey(_ id: ServiceID) -> String { "\(Kind.services.prefix)\(id)/status" }

    /// The service of a key such as `/services/ramen/data/spec`. Nil for another kind of key.
    static func owner(ofSpec key: String) -> ServiceID? {
        let parts = key.dropFirst(Kind.services.prefix.count).split(separator: "/")
        guard key.hasPrefix(Kind.services.prefix), parts.count == 3, parts[2] == "spec",
            let application = ApplicationName(stored: String(parts[0])),
            let service = ServiceName(rawValue: String(parts[1]))
        else { return nil }
        return ServiceID(application, service)
    }

    // MARK: Reading

    package func service(_ id: ServiceID) async throws(Problem) -> StoredService? {
        try await pairs(under: "\(Kind.services.prefix)\(id)/").first
    }

    package func services(of application: ApplicationName? = nil) async throws(Problem) -> [StoredService] {
        try await pairs(under: application.map { "\(Kind.services.prefix)\($0)/" } ?? Kind.services.prefix)
    }

    private func pairs(under prefix: String) async throws(Problem) -> [StoredService] {
        do throws(StoreError) {
            var specs: [StoredValue] = []
            var statuses: [String: StoredValue] = [:]
            for stored in try await store.list(prefix) {
                if stored.key.hasSuffix("/spec") { specs.append(stored) } else { statuses[stored.key] = stored }
            }
            var found: [StoredService] = []
            for stored in specs {
                let spec: ServiceSpec = try read(stored)
                let key = Self.statusKey(spec.id)
                guard let other = statuses.removeValue(forKey: key) else {
                    throw .corrupt(path: key, reason: "it is missing, but \(stored.key) exists")
                }
                let service = Service(spec: spec, status: try read(other))
                found.append(
                    StoredService(value: service, specRevision: stored.revision, statusRevision: other.revision))
            }
            if let lone = statuses.keys.sorted().first {
                throw .corrupt(path: lone, reason: "it belongs to no service spec")
            }
            return found
        } catch { throw Problem(error) }
    }

    // MARK: Writing

    /// The writes that create a service: both documents.
    package static func creation(of service: Service) throws(Problem) -> [StoreWrite] {
        [
            try put(service.spec, at: specKey(service.id), expecting: 0),
            try put(service.status, at: statusKey(service.id), expecting: 0),
        ]
    }

    /// The writes that change a spec.
    package static func change(
        of found: StoredService, to spec: ServiceSpec
    ) throws(Problem) -> [StoreWrite] {
        [
            try put(spec, at: specKey(spec.id), expecting: found.specRevision),
            .check(key: statusKey(spec.id), expecting: found.statusRevision),
        ]
    }

    /// The writes that store a decision in the status.
    package static func decision(
        on found: StoredService, _ status: ServiceStatus
    ) throws(Problem) -> [StoreWrite] {
        [
            try put(status, at: statusKey(found.value.id), expecting: found.statusRevision),
            .check(key: specKey(found.value.id), expecting: found.specRevision),
        ]
    }

    /// The writes that remove a service.
    package static func removal(of found: StoredService) -> [StoreWrite] {
        [
            .delete(key: specKey(found.value.id), expecting: found.specRevision),
            .delete(key: statusKey(found.value.id), expecting: found.statusRevision),
            .delete(key: failoversKey(found.value.id), expecting: nil),
            .delete(key: comparisonsKey(found.value.id), expecting: nil),
        ]
    }

    /// Reads a service, decides and writes its status; retries if another writer was first.
    /// `change` returns nil to leave the status as it is. Returns the service as it is now; nil if it does not exist.
    /// For the service's reconciler, and for the start of roostd before there are reconcilers.
    /// `failover`: the record to store in the same commit.
    @discardableResult
    package func updateStatus(
        _ id: ServiceID, failover: FailoverInfo? = nil, _ change: (Service) throws(Problem) -> ServiceStatus?
    ) async throws(Problem) -> Service? {
        try await again { () async throws(Problem) in
            guard let found = try await service(id) else { return nil }
            guard let status = try change(found.value) else { return found.value }
            var writes = try Self.decision(on: found, status)
            // A history that cannot be read does not hold up a failover, and is left as it is.
            if let failover, let history = try? await failovers(of: found.value) {
                try writes.append(Self.change(of: history, with: failover, found.value.id))
            }
            try await commit(writes)
            return Service(spec: found.value.spec, status: status)
        }
    }
}
