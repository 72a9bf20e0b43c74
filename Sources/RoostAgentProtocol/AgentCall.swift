import Foundation
import RoostModel

/// A call to an agent, with the type of its answer. Idempotent.
package protocol AgentCall: Codable, Sendable {
    associatedtype Answer: Codable & Sendable
    /// Name on the wire. It does not change when the type is renamed.
    static var name: String { get }
}

/// An answer that says only that the call was carried out.
package struct Done: Codable, Equatable, Sendable {
    package init() {}
}

extension Agent {
    /// Sends the call, and waits for the answer. `bulk`: bytes that travel beside the call.
    package func call<Call: AgentCall>(_ call: Call, bulk: Data = Data()) async throws(Problem) -> Call.Answer {
        let result: Result<Call.Answer, Problem>
        do throws(AgentSilence) { result = try await ask(call, bulk: bulk) } catch {
            throw Problem(
                .serviceUnavailable, "the machine's agent did not answer: \(error.description)", next: ["try again"])
        }
        return try result.get()
    }

    /// Like `call`, but distinguishes a lost answer from a refusal.
    package func ask<Call: AgentCall>(
        _ call: Call, bulk: Data = Data()
    ) async throws(AgentSilence) -> Result<Call.Answer, Problem> {
        let request: Data
        do { request = AgentFrame(Call.name, body: try JSON.encode(call), bulk: bulk).bytes } catch {
            return .failure(Problem(.failed, "the call '\(Call.name)' cannot be encoded: \(error)"))
        }
        let bytes = try await answer(request)
        guard let frame = AgentFrame(bytes) else { throw AgentSilence("its answer is not a frame") }
        do {
            if frame.name == AgentFrame.problem {
                return .failure(try JSON.decode(ProblemBody.self, from: frame.body).problem)
            }
            return .success(try JSON.decode(Call.Answer.self, from: frame.body))
        } catch {
            return .failure(Problem(.failed, "the answer to '\(Call.name)' cannot be read: \(error)"))
        }
    }
}
