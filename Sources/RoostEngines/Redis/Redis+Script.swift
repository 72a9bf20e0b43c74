import RoostModel

extension Redis {
    package func run(
        script: String, _ plan: ServerPlan, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) {
        let commands = try RedisScript(script).commands
        // All on one connection: a line may choose the database or begin a transaction for the next.
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

    /// One that goes through all data.
    private static let longestCommand: Duration = .seconds(600)
}
