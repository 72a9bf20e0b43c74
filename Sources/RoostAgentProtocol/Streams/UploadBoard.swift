import Foundation
import RoostModel
import RoostTasks
import Synchronization

/// Uploads under way at an agent, by id.
package final class UploadBoard: Sendable {
    private struct Upload: Sendable {
        let pieces: BoundedQueue<Data>
        let work: Task<Data, any Error>
        /// Number of the last piece that was taken.
        var last = 0
        var touched = ContinuousClock.now
        var isClosed = false

        /// Whether the upload is to be dropped: it is not continued, or its receipt is no longer asked for.
        var isStale: Bool {
            touched.duration(to: .now) > (isClosed ? UploadBoard.receiptKept : UploadBoard.patience)
        }
    }

    /// Time after which an upload that is not continued is dropped. Checked when another upload is opened.
    private static let patience: Duration = .seconds(3600)
    private static let receiptKept: Duration = .seconds(60)
    private let uploads = Mutex<[String: Upload]>([:])

    package init() {}

    /// `work` reads the pieces until they end, and returns the encoded receipt.
    func open(
        _ id: String, _ work: @escaping @Sendable (@escaping @Sendable () async throws -> Data?) async throws -> Data
    ) {
        let stale = uploads.withLock { uploads in
            let stale = uploads.filter(\.value.isStale).map(\.key)
            guard uploads[id] == nil else { return stale }
            let pieces = BoundedQueue<Data>(most: 1)
            let task = Task { () async throws -> Data in
                // The sender learns from the closed queue that the writer gave up.
                defer { pieces.close() }
                return try await work {
                    let piece = await pieces.next()
                    // A cancelled upload was dropped: its pieces are incomplete.
                    try Task.checkCancellation()
                    return piece
                }
            }
            uploads[id] = Upload(pieces: pieces, work: task)
            return stale
        }
        for id in stale { drop(id) }
    }

    func put(_ piece: Data, _ number: Int, to id: String) async throws {
        let upload = try find(id)
        guard number > upload.last else { return }
        if await upload.pieces.put(piece) {
            uploads.withLock { uploads in
                uploads[id]?.last = number
                uploads[id]?.touched = .now
            }
            return
        }
        // The writer ended before the last piece, which it does only with an error.
        _ = try await upload.work.value
        throw Problem(.conflict, "the upload was closed before it was complete")
    }

    func close(_ id: String) async throws -> Data {
        let upload = try find(id)
        upload.pieces.close()
        // The upload is kept, because its receipt may be asked for again.
        uploads.withLock { uploads in
            uploads[id]?.isClosed = true
            uploads[id]?.touched = .now
        }
        return try await upload.work.value
    }

    func drop(_ id: String) {
        let upload = uploads.withLock { $0.removeValue(forKey: id) }
        upload?.work.cancel()
        upload?.pieces.close()
    }

    private func find(_ id: String) throws(Problem) -> Upload {
        guard let upload = uploads.withLock({ $0[id] }) else {
            throw Problem(.notFound, "the agent has no upload \(id): it has been restarted since", next: ["try again"])
        }
        return upload
    }
}

extension CallTable {
    package mutating func onUploads(of board: UploadBoard) {
        on(
            SendPiece.self,
            withBulk: { call, piece in
                try await board.put(piece, call.number, to: call.id)
                return Done()
            })
        on(DropUpload.self) { call in
            board.drop(call.id)
            return Done()
        }
    }

    package mutating func on<Upload: AgentUpload>(
        upload type: Upload.Type, at board: UploadBoard,
        _ keep:
            @escaping @Sendable (Upload, @escaping @Sendable () async throws -> Data?) async throws -> Upload.Receipt
    ) {
        on(OpenUpload<Upload>.self) { call in
            board.open(call.id) { next in try JSON.encode(try await keep(call.upload, next)) }
            return Done()
        }
        on(CloseUpload<Upload>.self) { call in
            try JSON.decode(Upload.Receipt.self, from: try await board.close(call.id))
        }
    }
}
