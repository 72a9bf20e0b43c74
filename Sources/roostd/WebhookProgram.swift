import Foundation
import RoostAgent
import RoostControlPlane
import RoostModel

/// Sends requests to webhooks with `roost`, which has an HTTP client: roostd itself links none.
struct WebhookProgram: WebhookSender {
    /// Beyond the limit that the program itself keeps.
    private static let patience = WebhookPost.patience + .seconds(2)

    let program: String

    func send(_ post: WebhookPost) async -> WebhookReply {
        do {
            let input = String(decoding: try JSON.encode(post), as: UTF8.self)
            let output = try await SideProgram.run(
                program, ["notify", "deliver"], input: input, patience: Self.patience)
            return try JSON.decode(from: Data(output.utf8))
        } catch let problem as Problem {
            return WebhookReply(failure: problem.message)
        } catch {
            return WebhookReply(failure: error.sentence)
        }
    }
}
