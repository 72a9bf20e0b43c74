import CHost
import Glibc
import RoostModel

/// Size of the pieces in which a file is cloned while other processes write to it.
///
/// The kernel blocks writers of a file for as long as one clone call takes, some 20 µs for each extent: a second for
/// a table that was snapshotted before and updated at random since. So each call clones only as much as takes a few
/// milliseconds, estimated from the calls before it.
struct ClonePace: Sendable {
    /// Target for the duration of a call.
    static let longest: Duration = .milliseconds(4)
    static let smallest: Int64 = 64 << 10
    static let largest: Int64 = 1 << 30

    /// Bytes per call, a multiple of every file system's block size.
    private(set) var piece: Int64 = 1 << 20

    mutating func learn(_ took: Duration) {
        if took > Self.longest {
            piece = max(Self.smallest, piece / 2)
        } else if took < Self.longest / 4 {
            piece = min(Self.largest, piece * 2)
        }
    }
}

extension OpenFile {
    /// Makes ranges of this file share the blocks of `source`, piece by piece. Each piece is consistent in itself,
    /// the pieces together are not. An end of `nil` is the end of `source` at the time when it is reached.
    func clone(
        from start: Int64, to end: Int64?, of source: borrowing OpenFile, pace: inout ClonePace
    ) throws(HostError) {
        var offset = start
        while true {
            let limit = if let end { end } else { try source.status().size }
            let isLast = limit - offset <= pace.piece
            let next = isLast ? limit : offset + pace.piece
            let began = ContinuousClock.now
            // An empty range means up to the source's end, which need not be on a block boundary.
            try clone(isLast && end == nil ? offset..<offset : offset..<next, of: source)
            pace.learn(began.duration(to: .now))
            if isLast { return }
            offset = next
        }
    }

    /// Like `cloneAll`, for a file that is written to: writers wait for one piece at most. False where the file
    /// system does not support clones. A file that became shorter meanwhile is cloned up to its new end.
    func cloneInPieces(of source: borrowing OpenFile) throws(HostError) -> Bool {
        // The first call, of a whole file or of a piece, shows whether the file system supports clones, and waits for
        // direct I/O in flight.
        guard try source.status().size > ClonePace.smallest else { return try cloneAll(of: source) }
        var pace = ClonePace()
        do throws(HostError) {
            try clone(from: 0, to: nil, of: source, pace: &pace)
        } catch {
            switch error {
            case .file(_, _, EOPNOTSUPP), .file(_, _, ENOTTY), .file(_, _, EXDEV), .file(_, _, ENOSYS): return false
            // btrfs returns EINVAL if one of the two files is exempt from copy-on-write: then not even the first
            // piece was cloned.
            case .file(_, _, EINVAL): return try status().size > 0
            default: throw error
            }
        }
        return true
    }
}
