import Foundation
import RoostAgentProtocol
import RoostEngines
import RoostModel

/// The agent's answers about dumps: stored and watched ones, and imports into instances.
struct DumpAnswers: Sendable {
    let dumps: DumpStore
    /// Path of the watched folder of dumps.
    let watched: String
    let host: LocalHost
    let secrets: HomeSecrets
    let boards: AgentBoards

    func register(in calls: inout CallTable) {
        let (dumps, watched, host, secrets) = (dumps, watched, host, secrets)
        calls.on(upload: ReceiveDump.self, at: boards.uploads) { _, next in try await dumps.storeDump(next) }
        calls.on(upload: KeepDump.self, at: boards.uploads) { upload, next in
            try await dumps.keepDump(named: upload.file, next: next)
        }
        calls.on(DropDump.self) { call in
            await dumps.dropDump(call.path)
            return Done()
        }
        calls.on(CheckDump.self) { call in
            let dump = try await DumpFile.dump(at: call.path, type: call.type, catalog: host.catalog)
            return CheckDump.Answer(isWholeServer: dump.format == .rdb)
        }
        calls.on(FingerprintDump.self) { FingerprintDump.Answer(fingerprint: DumpFile.fingerprint(of: $0.path)) }
        calls.on(ListWatchedDumps.self) { call in
            DumpFolder(path: watched, typeOfFlat: call.typeOfFlat).settled()
        }
        calls.on(RemoveReceivedDumps.self) { call in
            try await dumps.removeReceivedDumps(except: call.kept)
            return Done()
        }
        calls.on(job: ImportDump.self, at: boards.jobs) { job, log in
            let order = try secrets.open(job.order)
            let dump = try await DumpFile.dump(at: job.path, type: order.service.type, catalog: host.catalog)
            return try await host.importDump(dump, LoadTerms(database: job.database), order) { progress in
                log.show(JobProgress(text: progress.text))
            }
        }
    }
}
