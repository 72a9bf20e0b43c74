import Foundation
import RoostModel

/// The handlers of an agent's calls, by the names of calls.
package struct CallTable: Sendable {
    private typealias Handler = @Sendable (AgentFrame) async throws -> Data
    private var handlers: [String: Handler] = [:]

    package init() {}

    package var names: [String] { handlers.keys.sorted() }

    package mutating func on<Call: AgentCall>(
        _ type: Call.Type, _ handle: @escaping @Sendable (Call) async throws -> Call.Answer
    ) {
        register(type) { call, _ in try await handle(call) }
    }

    /// Registers a handler that also takes the bytes beside the call.
    package mutating func on<Call: AgentCall>(
        _ type: Call.Type, withBulk handle: @escaping @Sendable (Call, Data) async throws -> Call.Answer
    ) {
        register(type, handle)
    }

    private mutating func register<Call: AgentCall>(
        _ type: Call.Type, _ handle: @escaping @Sendable (Call, Data) async throws -> Call.Answer
    ) {
        precondition(handlers[Call.name] == nil, "two calls are named \(Call.name)")
        handlers[Call.name] = { frame in
            let call: Call
            do { call = try JSON.decode(Call.self, from: frame.body) } catch {
                throw Problem(.bodyInvalid, "the call '\(Call.name)' cannot be read: \(error)")
            }
            return try JSON.encode(try await handle(call, frame.bulk))
        }
    }

    /// Returns an encoded frame in every case: the answer, or the problem.
    package func answer(_ request: Data) async -> Data {
        do {
            guard let frame = AgentFrame(request) else { throw Problem(.bodyInvalid, "the call is not a frame") }
            guard let handler = handlers[frame.name] else {
                throw Problem(.notBuiltYet, "this agent does not know the call '\(frame.name)'")
            }
            return AgentFrame(AgentFrame.answer, body: try await handler(frame)).bytes
        } catch {
            let problem = (error as? Problem) ?? Problem(.failed, "\(error)")
            // A problem is text, which can be encoded.
            let body = (try? JSON.encode(ProblemBody(problem))) ?? Data()
            return AgentFrame(AgentFrame.problem, body: body).bytes
        }
    }
}
