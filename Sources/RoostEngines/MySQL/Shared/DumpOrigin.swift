import RoostModel

/// The server that a dump says it comes from. Pure.
struct DumpOrigin {
    /// `10.11.14-MariaDB-0+deb12u2`
    private(set) var server: String?

    mutating func note(_ comment: UnsafeBufferPointer<UInt8>) {
        let mark = "-- Server version"
        guard server == nil, comment.count < 200, comment.starts(with: mark.utf8) else { return }
        server = String(decoding: comment.dropFirst(mark.utf8.count), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).first.map(String.init)
    }

    /// Whether the dump's server is of the same product and series, so that its system tables have the same layout.
    func isLike(_ isMariaDB: Bool, _ version: EngineVersion?) -> Bool {
        guard let server, let version, server.contains("MariaDB") == isMariaDB,
            let other = EngineVersion(String(server.prefix { $0.isNumber || $0 == "." }))
        else { return false }
        return other.components.prefix(2) == version.components.prefix(2)
    }
}
