/// Detects missing trailers: the last lines that tools write at the end of their dumps. Pure.
package struct DumpTrailers {
    private static let pairs: [(header: String, trailer: String)] = [
        ("-- MySQL dump ", "-- Dump completed"), ("-- MariaDB dump ", "-- Dump completed"),
        ("-- PostgreSQL database cluster dump", "-- PostgreSQL database cluster dump complete"),
        ("-- PostgreSQL database dump", "-- PostgreSQL database dump complete"),
    ]

    private var awaited: [String] = []
    package private(set) var wasWrittenByTool = false

    package init() {}

    /// The trailer that is still missing.
    package var missing: String? { awaited.last }

    package mutating func note(_ comment: UnsafeBufferPointer<UInt8>) {
        guard comment.count >= 17, comment.starts(with: "-- ".utf8) else { return }
        let text = String(decoding: comment.prefix(80), as: UTF8.self)
        if let pair = Self.pairs.first(where: { text.hasPrefix($0.trailer) }) {
            if let index = awaited.lastIndex(of: pair.trailer) { awaited.remove(at: index) }
        } else if let pair = Self.pairs.first(where: { text.hasPrefix($0.header) }) {
            wasWrittenByTool = true
            awaited.append(pair.trailer)
        }
    }
}
