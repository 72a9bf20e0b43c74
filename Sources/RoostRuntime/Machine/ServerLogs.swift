import Foundation
import Logging
import RoostControl
import RoostHost
import RoostModel

/// Keeps what servers write about themselves within bounds: their log files, and their own logs of changes.
struct ServerLogs: Sendable {
    private static let size: ByteCount = .mebibytes(16)
    private static let kept = 5
    /// Beside the age at which servers drop them: this much is left where much is written in little time.
    private static let changesKept: ByteCount = .gibibytes(1)

    let paths: HomePaths
    let pool: BlockingPool
    let parts: ReconcilerParts

    private func warn(_ what: String, _ error: any Error) {
        parts.logger.warning("Logs are not kept within bounds", metadata: ["of": "\(what)", "reason": "\(error)"])
    }

    /// The router's log and every log file of every instance, those too that people switch on.
    func rotate() async throws {
        var folders: [String] = []
        for service in try await parts.records.services().map(\.value) {
            folders += service.instances.map { paths.instance(InstanceID(service.id, $0.index)).logs }
        }
        let all = folders
        try await pool.run {
            var logs = [paths.routerLog]
            for folder in all {
                // Not there yet: nothing to rotate.
                let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
                logs += names.filter { $0.hasSuffix(".log") }.map { "\(folder)/\($0)" }
            }
            for log in logs where FileManager.default.fileExists(atPath: log) {
                // A server's user may have put anything there; the others' logs are rotated all the same.
                do { try LogFile.rotate(log, over: Self.size, keep: Self.kept) } catch { warn(log, error) }
            }
        }
    }

    /// Asks each server that serves to drop the oldest of its logs of changes.
    func trim() async throws {
        for service in try await parts.records.services().map(\.value) where service.intent == .run {
            guard let application = try await parts.records.application(service.id.application)?.value else { continue }
            let secrets = try parts.secrets(of: service, now: Date())
            let seen = parts.board.status(of: service.id)
            for instance in service.instances where seen?.instances[instance.index]?.state == .up {
                let order = InstanceOrder(
                    application: application, service: service, index: instance.index, secrets: secrets)
                do { try await parts.host.trimLogs(order, keeping: Self.changesKept) } catch {
                    warn("\(order.id)", error)
                }
            }
        }
    }
}
