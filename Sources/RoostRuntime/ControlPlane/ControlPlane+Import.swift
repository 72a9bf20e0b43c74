import Foundation
import RoostEngines
import RoostModel

extension ControlPlane {
    package func importDump(
        _ id: ServiceID, _ terms: ImportTerms, next: @Sendable () async throws -> Data?
    ) async throws(Problem) -> OperationInfo {
        _ = try await importable(id, terms)
        let path = try await host.keepDump(named: terms.name, next: next)
        do throws(Problem) {
            // Looked at again: sending a dump may take hours.
            let order = try await importable(id, terms)
            let dump = try await DumpFile.dump(at: path, type: order.service.type, catalog: catalog)
            guard dump.format != .rdb else { throw Self.refusal(rdbInto: order.service) }
            return try await importRoom.begin(dump, terms, order)
        } catch {
            await host.dropDump(path)
            // The path is the daemon's own, and says nothing to anybody.
            throw Problem(
                error.code, error.message.replacing(path, with: terms.name ?? "the dump"), next: error.nextSteps)
        }
    }

    /// The service's primary, up and not on its way to something else.
    private func importable(_ id: ServiceID, _ terms: ImportTerms) async throws(Problem) -> InstanceOrder {
        let service = try await findService(id).value
        guard service.custom == nil else {
            throw Problem(.usage, "'\(id.service)' is a custom service, and its program has no dumps that Roost knows")
        }
        try refuseEnding(service)
        try await importRoom.refuse(id)
        if let database = terms.database {
            // Told now, and never taken for done: a loader that does not know the term would fill another database.
            guard catalog.engine(named: service.engine.name)?.loadsIntoNamedDatabase ?? false else {
                throw Problem(
                    .notBuiltYet, "a dump of \(service.type) cannot be led into a database of choice yet",
                    next: [
                        "roost import \(id.service) FILE  # without --into: into '\(id.service)', or where the dump says"
                    ])
            }
            guard !database.isEmpty, database.utf8.count <= 63, !database.utf8.contains(0) else {
                throw Problem(.nameInvalid, "'\(database)' is no name of a database")
            }
            let own = catalog.engine(named: service.engine.name)?.family.systemDatabases ?? []
            guard !own.contains(database.lowercased()) else {
                throw Problem(.nameInvalid, "'\(database)' is the server's own; name another database")
            }
        }
        return try await serving(id)
    }

    private static func refusal(rdbInto service: Service) -> Problem {
        Problem(
            .usage, "an RDB file is the whole of a server's data, and is not loaded into one that runs",
            next: [
                "roost template add NAME --dump FILE --type \(service.type)",
                "roost clone NAME  # and copy the keys from there",
            ])
    }
}
