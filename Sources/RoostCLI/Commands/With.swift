import ArgumentParser
import Foundation
import RoostModel

/// `roost with SOURCE -- COMMAND…`
struct With: Command {
    static let configuration = CommandConfiguration(
        commandName: "with", abstract: "Run a command with a private copy of a database, then remove the copy.",
        discussion: """
            roost with shop -- make test

            The command finds the copy in DATABASE_URL (REDIS_URL, MONGODB_URL), in variables named after the source, such \
            as SHOP_MYSQL_HOST and SHOP_URL, and in those that clients read, such as PGHOST. Variables that point to other \
            databases are unset. Each run has its own copy, so many can run at once. Exits with the command's status, or \
            with 125 if Roost failed, 126 if the command could not be run, 127 if it was not found.
            """)

    /// Time to live of the clone, in case `roost with` is killed. It is extended for as long as the command runs.
    private static let lifetime: Duration = .seconds(600)

    @OptionGroup var request: CloneArguments

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String] = []

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        guard !command.isEmpty else {
            throw Problem(.usage, "no command given", next: ["roost with \(request.source) -- COMMAND"])
        }
        let request = try request.request(in: session, ttl: Self.lifetime, idle: nil, protect: nil)
        let answer = try await session.client.makeClone(nil, request)
        let name = answer.clone.name
        let status: Result<Int32, Problem>
        do throws(Problem) {
            if let operation = answer.operation { _ = try await session.quietly(operation) }
            status = .success(try await run(beside: name, in: session))
        } catch {
            status = .failure(error)
        }
        do throws(Problem) { _ = try await session.client.removeClone(name, confirm: nil) } catch {
            // The clone expires by itself, and the caller wants the command's own exit status.
            session.output.note("Could not remove the copy '\(name)', which expires by itself: \(error.message)")
        }
        return .status(try status.get())
    }

    private func run(beside clone: String, in session: Session) async throws(Problem) -> Int32 {
        let offer = try await session.client.client(
            ofClone: clone, session.offerRequest(command, instance: nil))
        let program = try session.program(offer, typed: command, for: clone)
        defer { program.folder?.remove() }
        let keeping = Task {  // Cancelled below.
            while !Task.isCancelled {
                // A failed extension is ignored, and the next one follows: the daemon may be restarting.
                _ = try? await session.client.extendClone(clone, Self.lifetime)
                try? await Task.sleep(for: Self.lifetime / 3)
            }
        }
        defer { keeping.cancel() }
        do throws(Program.Failure) { return try await program.runToEnd() } catch {
            session.caller.write(.error, "roost: \(error.message)\n")
            return error.status
        }
    }
}
