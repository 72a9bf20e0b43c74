import RoostAgentProtocol
import RoostEngines
import RoostModel

/// The users of an instance's server, and what its clients are given.
struct InstanceUsers: Sendable {
    let plans: ServerPlans

    func users(_ order: InstanceOrder) async throws(Problem) -> [EngineUser] {
        let (engine, plan) = try administration(order)
        do { return try await engine.accounts().users(plan) } catch { throw Problem(error) }
    }

    func addUser(_ name: String, password: String, _ order: InstanceOrder) async throws(Problem) {
        let (engine, plan) = try administration(order)
        do { try await engine.accounts().addUser(name, password: password, plan: plan) } catch { throw Problem(error) }
    }

    func removeUser(_ name: String, _ order: InstanceOrder) async throws(Problem) {
        let (engine, plan) = try administration(order)
        do { try await engine.accounts().removeUser(name, plan: plan) } catch { throw Problem(error) }
    }

    func client(
        _ wanted: ClientOfferRequest, host: String, port: PortNumber, _ order: InstanceOrder
    ) async throws(Problem) -> ClientOffer {
        let (engine, plan) = try administration(order)
        let build = plans.catalog.successor(of: order.service.engine)
        let arguments = try Self.export(wanted, engine, plan, build) ?? wanted.arguments
        let account: ExportAccount?
        do throws(EngineError) {
            account =
                wanted.export == nil ? nil : try await (engine.exporting as? any ExportAccounts)?.exportAccount(plan)
        } catch { throw Problem(error) }
        let request = ClientRequest(
            arguments: arguments, endsAtFirstError: wanted.endsAtFirstError ?? false, host: host, port: port,
            user: account?.user ?? plan.applicationUser, password: account?.password ?? plan.applicationPassword,
            database: plan.databases.first ?? "",
            authority: plan.certificate?.authority)
        do throws(EngineError) {
            let command = try engine.client(request, build: build)
            return ClientOffer(
                arguments: command.arguments, environment: command.variables.values,
                unset: command.variables.cleared, files: command.files, path: command.path)
        } catch {
            let problem = Problem(error)
            throw Problem(
                problem.code, Hint.addressed(problem.message, to: order.service.id), next: problem.nextSteps)
        }
    }

    /// Arguments that write an export. Nil if no export is asked for.
    private static func export(
        _ wanted: ClientOfferRequest, _ engine: any Engine, _ plan: ServerPlan, _ build: EngineBuild?
    ) throws(Problem) -> [String]? {
        guard let text = wanted.export else { return nil }
        guard let exporting = engine.exporting, let usual = exporting.exportFormats.first else {
            throw Problem(.usage, "\(engine.family.name) does not support export")
        }
        let known = exporting.exportFormats
        guard let format = text.isEmpty ? usual : ExportFormat(rawValue: text), known.contains(format) else {
            throw Problem(
                .usage,
                "\(engine.family.name) has no export format '\(text)'; formats are "
                    + "\(known.map(\.rawValue).joined(separator: ", "))"
            )
        }
        if wanted.database != nil, engine.family.fixedDatabase != nil {
            throw Problem(.usage, "\(engine.family.name) has no named databases; export it without a database name")
        }
        return exporting.exportCommand(format, database: wanted.database ?? plan.databases.first ?? "", build: build)
    }

    private func administration(_ order: InstanceOrder) throws(Problem) -> (engine: any Engine, plan: ServerPlan) {
        guard let engine = plans.catalog.engine(named: order.service.engine.name) else {
            throw Problem(.engineNotFound, "this version of Roost has no engine '\(order.service.engine.name)'")
        }
        do { return (engine, try plans.serverPlan(order)) } catch { throw Problem(.failed, error.description) }
    }
}
