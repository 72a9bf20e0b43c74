import CHost
import Glibc
import RoostModel

/// How much of a file is cloned at a time while somebody writes to it.
///
/// The kernel keeps writers of a file out for as long as one call clones, which is some 20 µs for each extent: a second
/// for a table that was snapshotted before and updated at random since. So a call is given no more than what takes a few
/// milliseconds, as the calls before it took.
struct ClonePace: Sendable {
    /// What a call should take at most.
    static let longest: Duration = .milliseconds(4)
    static let smallest: Int64 = 64 << 10
    static let largest: Int64 = 1 << 30

    /// In bytes, a multiple of every file system's block.
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
    /// Makes ranges of this file share the blocks of `source`, piece by piece. Each piece is of one moment, all of them
    /// together are not. An end of `nil` is the end of `source`, wherever that is when it is reached.
    func clone(
        from start: Int64, to end: Int64?, of source: borrowing OpenFile, pace: inout ClonePace
    ) throws(HostError) {
        var offset = start
        while true {
            let limit = if let end { end } else { try source.status().size }
            let isLast = limit - offset <= pace.piece
            let next = isLast ? limit : offset + pace.piece
            let began = ContinuousClock.now
            // Up to the end: it need not be at a block's.
            try clone(isLast && end == nil ? offset..<offset : offset..<next, of: source)
            pace.learn(began.duration(to: .now))
            if isLast { return }
            offset = next
        }
    }

    /// As `cloneAll`, of a file that is written to: nobody who writes waits for more than a piece. False where the file
    /// system cannot. A file that became shorter meanwhile is taken as far as it reached.
    func cloneInPieces(of source: borrowing OpenFile) throws(HostError) -> Bool {
        // The first block tells whether it can, and waits for direct I/O in flight.
        guard try source.status().size > ClonePace.smallest else { return try cloneAll(of: source) }
        var pace = ClonePace()
        do throws(HostError) {
            try clone(from: 0, to: nil, of: source, pace: &pace)
        } catch {
            switch error {
            case .file(_, _, EOPNOTSUPP), .file(_, _, ENOTTY), .file(_, _, EXDEV), .file(_, _, ENOSYS): return false
            // btrfs says it of files that one is exempt from copy-on-write: then not even the first piece was made.
            case .file(_, _, EINVAL): return try status().size > 0
            default: throw error
            }
        }
        return true
    }
}
