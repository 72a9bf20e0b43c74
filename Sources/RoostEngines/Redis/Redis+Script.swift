import RoostModel

extension Redis {
    package func run(
        script: String, _ plan: ServerPlan, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) {
        let commands = try RedisScript(script).commands
        // All commands run on one connection: a line may choose the database or begin a transaction for the next.
        try await administer(plan.address, patience: Self.longestCommand) { connection throws(EngineError) in
            for command in commands {
                do throws(RedisFault) { try connection.run(command.words) } catch {
                    let words =
                        switch error {
                        case .unanswered(let reason): reason
                        case .refused(let words): words
                        }
                    throw EngineError.refused(code: 0, message: "line \(command.line): \(words)")
                }
            }
        }
    }

    /// The time limit for a command that reads all data.
    private static let longestCommand: Duration = .seconds(600)
}
