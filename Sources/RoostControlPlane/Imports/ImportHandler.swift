import Foundation
import RoostAgentProtocol
import RoostModel

/// Carries out the API's calls for imports of dumps.
struct ImportHandler: ImportsAPI {
    let records: Records
    let services: ServiceRegistry
    let engines: Engines
    let importer: Importer
    let agent: any Agent

    func importDump(
        into id: ServiceID, _ terms: ImportTerms, next: @Sendable () async throws -> Data?
    ) async throws(Problem) -> OperationInfo {
        _ = try await importable(id, terms)
        let path = try await agent.send(KeepDump(file: terms.name), next)
        do throws(Problem) {
            // The service is checked again: sending a dump may take hours.
            let order = try await importable(id, terms)
            let dump = try await agent.call(CheckDump(path, type: order.service.type))
            guard !dump.isWholeServer else { throw Self.refusal(rdbInto: order.service) }
            return try await importer.begin(path, terms, order)
        } catch {
            // A dump that could not be removed is cleared at the next start.
            _ = try? await agent.call(DropDump(path))
            // The path is internal to the daemon and means nothing to users.
            throw Problem(
                error.code, error.message.replacing(path, with: terms.name ?? "the dump"), next: error.nextSteps)
        }
    }

    /// Checks that the service takes the import: its primary is up and no other change is under way.
    private func importable(_ id: ServiceID, _ terms: ImportTerms) async throws(Problem) -> SealedOrder {
        let service = try await records.findService(id).value
        guard service.custom == nil else {
            throw Problem(.usage, "'\(id.service)' is a custom service; dumps cannot be imported into custom services")
        }
        try refuseWhileChanging(service)
        try await importer.refuse(id)
        if let database = terms.database {
            guard let engine = engines.known.engine(named: service.engine.name), engine.loadsIntoNamedDatabase else {
                throw Problem(
                    .usage, "--into is not available for \(service.type): the dump itself names its databases",
                    next: ["roost import \(id.service) FILE"])
            }
            if let fault = engine.family.names?.databaseFault(database) {
                throw Problem(.nameInvalid, "'\(database)' \(fault)")
            }
        }
        return try await services.serving(id)
    }

    private static func refusal(rdbInto service: Service) -> Problem {
        Problem(
            .usage, "an RDB file holds all data of a server and cannot be loaded into a running one",
            next: [
                "roost template add NAME --dump FILE --type \(service.type)",
                "roost clone NAME  # then copy the keys from there",
            ])
    }
}
