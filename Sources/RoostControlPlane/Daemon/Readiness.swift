import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import ServiceLifecycle
import Synchronization

/// Whether requests can be served.
final class Readiness: Sendable {
    private let serves = Atomic(false)

    var isReady: Bool { serves.load(ordering: .acquiring) }

    /// Called once the store is read and the reconcilers run.
    func becomeReady() { serves.store(true, ordering: .releasing) }
}

/// Declares the daemon ready once every service has been looked at, or after ten seconds without services that hang.
struct StartUp: ServiceLifecycle.Service {
    let agent: any Agent
    let records: Records
    let files: EnvironmentFiles
    let readiness: Readiness
    let settings: DaemonSettings
    let logger: Logger
    /// Work of earlier daemons that begins again.
    let interrupted: InterruptedWork
    /// Updates of every service known at the start, from before anybody looked: the removal of a service counts as a
    /// look.
    let looks: [AsyncStream<ServiceReport?>]

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [looks] in
                for look in looks {
                    for await _ in look { break }
                }
            }
            group.addTask {
                // If the task is cancelled, the sleep ends early.
                try? await Task.sleep(for: .seconds(10))
            }
            await group.next()
            group.cancelAll()
        }
        await startUp()
        try await gracefulShutdown()
    }

    /// Repairs what a daemon that died may have left behind, and declares readiness.
    private func startUp() async {
        do throws(Problem) { _ = try await agent.call(MakeReady()) } catch {
            logger.warning("Data directories cannot be created in advance", metadata: ["reason": "\(error.message)"])
        }
        do throws(Problem) {
            for application in try await records.applications() where !application.value.name.isOwn {
                await files.write(application.value.name)
            }
        } catch {
            logger.warning("Environment files could not be written", metadata: ["reason": "\(error.message)"])
        }
        await interrupted.resume()
        readiness.becomeReady()
        logger.info("Ready", metadata: ["home": "\(settings.home)", "version": "\(settings.version)"])
    }
}
