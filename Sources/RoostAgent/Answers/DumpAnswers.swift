import Foundation
import RoostAgentProtocol
import RoostEngines
import RoostModel

extension MachineAnswers {
    func onDumps(_ calls: inout CallTable) {
        let host = host
        calls.on(upload: ReceiveDump.self, at: boards.uploads) { _, next in try await host.storeDump(next) }
        calls.on(upload: KeepDump.self, at: boards.uploads) { upload, next in
            try await host.keepDump(named: upload.file, next: next)
        }
        calls.on(DropDump.self) { call in
            await host.dropDump(call.path)
            return Done()
        }
        calls.on(CheckDump.self) { call in
            let dump = try await DumpFile.dump(at: call.path, type: call.type, catalog: host.catalog)
            return CheckDump.Answer(isWholeServer: dump.format == .rdb)
        }
        calls.on(FingerprintDump.self) { FingerprintDump.Answer(fingerprint: DumpFile.fingerprint(of: $0.path)) }
        calls.on(ListWatchedDumps.self) { [dumps] call in
            DumpFolder(path: dumps, typeOfFlat: call.typeOfFlat).settled()
        }
        calls.on(RemoveReceivedDumps.self) { call in
            try await host.removeReceivedDumps(except: call.kept)
            return Done()
        }
        calls.on(job: ImportDump.self, at: boards.jobs) { [self] job, log in
            let order = try open(job.order)
            let dump = try await DumpFile.dump(at: job.path, type: order.service.type, catalog: host.catalog)
            return try await host.importDump(dump, LoadTerms(database: job.database), order) { progress in
                log.show(JobProgress(text: progress.text))
            }
        }
    }
}
