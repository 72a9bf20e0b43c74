import Foundation
import RoostModel

/// A release's default settings, read from a short-lived server of that release.
struct RedisDefaults {
    let build: EngineBuild
    let flavour: Redis.Flavour

    /// The time limit for such a server's answer.
    private static let patience: Duration = .seconds(10)

    /// Settings that the server does not report are missing.
    func ask(_ names: [String]) async throws(EngineError) -> [String: String] {
        guard let program = build.programs[flavour.server] else { throw .programMissing(flavour.server) }
        let folder: PrivateFolder
        do { folder = try PrivateFolder() } catch {
            throw .notReachable("no temporary folder could be created: \(error)")
        }
        defer { folder.remove() }
        let socket = "\(folder.path)/socket"
        let server = ShortCommand(
            program: program,
            arguments: [
                "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", folder.path, "--save", "",
            ],
            patience: Self.patience)
        do {
            // The server is ended by the SHUTDOWN command, otherwise when this call ends.
            async let ending = server.run()
            let answer = try await AdministrationThreads.run { () throws(RedisFault) in try Self.talk(socket, names) }
            _ = try await ending
            return try answer.get()
        } catch let error as EngineError {
            throw error
        } catch let error as RedisFault {
            throw error.engineError
        } catch {
            throw .notReachable("the call was cancelled")
        }
    }

    private static func talk(_ socket: String, _ names: [String]) throws(RedisFault) -> [String: String] {
        let connection = try connect(socket)
        var values: [String: String] = [:]
        for name in names {
            values[name] = try connection.run(["CONFIG", "GET", name])[name]?.text
        }
        // The server ends instead of answering.
        _ = try? connection.run(["SHUTDOWN", "NOSAVE"])
        return values
    }

    private static func connect(_ socket: String) throws(RedisFault) -> RedisConnection {
        let deadline = ContinuousClock.now + patience
        while true {
            do {
                return try RedisConnection(socket: socket, patience: .seconds(5))
            } catch {
                guard ContinuousClock.now < deadline else { throw error }
                usleep(2000)
            }
        }
    }
}
