import Foundation
import RoostModel

extension Redis {
    package var dumpFormats: [Dump.Format] { [.rdb] }

    /// Begins a log with the dump, which the server loads at its start.
    package func place(
        _ dump: Dump, in directory: String, build: EngineBuild, user: ServerUser
    ) async throws(EngineError) -> Bool {
        guard dump.format == .rdb else { return false }
        let data = RedisData(folder: directory)
        let base = try data.makeLog()
        // The server's user writes the file, so that a link which that user put there gives no access; an existing
        // file is never overwritten.
        let writing = ShortCommand(
            program: "/bin/sh", arguments: ["-c", "umask 077; set -C; exec cat > \"$1\"", "sh", base],
            user: geteuid() == 0 ? user : nil, patience: Self.longestDump)
        let outcome = try await FedCommand(reader: writing, dump: dump).run()
        guard outcome.succeeded else {
            let words = outcome.errors.split(whereSeparator: \.isNewline).first ?? "\(outcome.ending)"
            throw .refused(code: 0, message: "\(dump.path) cannot be unpacked: \(words)")
        }
        try await takeOffMark(base, user)
        try await RedisDumpTrial(build: build, flavour: flavour).run(
            beginning: FolderEntry.bytes(base, atMost: 9) ?? [])
        try data.beginLog()
        try data.note(build.identity.version, flavour)
        return true
    }
}

extension Redis {
    /// `redis-cli --rdb -` also writes the mark of 40 hexadecimal digits that the server sends after the end, which a
    /// log must not hold. A dump ends with a byte 0xFF and a checksum of eight bytes, so no complete file ends like
    /// such a mark.
    private func takeOffMark(_ file: String, _ user: ServerUser) async throws(EngineError) {
        let script = """
            first=$(tail -c 49 "$1" | head -c 1 | od -An -tx1 | tr -d ' ')
            others=$(tail -c 40 "$1" | tr -d '0-9a-f' | wc -c)
            if [ "$first" = ff ] && [ "$others" -eq 0 ]; then truncate -s -40 "$1"; fi
            """
        let outcome = try await ShortCommand(
            program: "/bin/sh", arguments: ["-c", script, "sh", file], user: geteuid() == 0 ? user : nil,
            patience: .seconds(60)
        ).run()
        guard outcome.succeeded else {
            throw .refused(code: 0, message: "the end of the dump cannot be read: \(outcome.ending)")
        }
    }

    /// Whether the server holds a key in any database, or a function.
    package func holdsData(_ plan: ServerPlan) async throws(EngineError) -> Bool {
        try await administer(plan.address) { connection throws(EngineError) in
            try asking { () throws(RedisFault) in
                if try connection.run(["INFO", "keyspace"]).text?.contains("keys=") ?? false { return true }
                return try !connection.run(["FUNCTION", "LIST"]).list.isEmpty
            }
        }
    }
}

/// Tests whether a release reads dumps of a format by asking the release itself: a short-lived server is given an
/// empty dump of that format.
struct RedisDumpTrial {
    let build: EngineBuild
    let flavour: Redis.Flavour

    /// The end mark, and a checksum of 0, which means none.
    private static let end: [UInt8] = [0xFF] + Array(repeating: 0, count: 8)

    /// `beginning`: the nine bytes of magic and version, `REDIS0010`. Throws the engine's own message if it refuses the
    /// format.
    func run(beginning: [UInt8]) async throws(EngineError) {
        guard let program = build.programs[flavour.server] else { throw .programMissing(flavour.server) }
        guard ["REDIS", "VALKEY"].contains(where: { beginning.starts(with: $0.utf8) }), beginning.count == 9 else {
            throw .refused(code: 0, message: "this is not a \(flavour.title) dump: its header is invalid")
        }
        let folder: PrivateFolder
        do {
            folder = try PrivateFolder()
            try Data(beginning + Self.end).write(to: URL(filePath: "\(folder.path)/dump.rdb"))
        } catch {
            throw .notReachable("no temporary folder could be created: \(error)")
        }
        defer { folder.remove() }
        let socket = "\(folder.path)/socket"
        let server = ShortCommand(
            program: program,
            arguments: [
                "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", folder.path,
                "--save", "", "--appendonly", "no",
            ], patience: .seconds(20))
        let outcome = try await server.run(socket: socket) {
            // The server ends instead of answering, or has ended already.
            _ = try await AdministrationThreads.run { () throws(RedisFault) in
                try RedisConnection(socket: socket, patience: .seconds(10)).run(["SHUTDOWN", "NOSAVE"])
            }
        }
        if let words = Self.refusal(outcome) {
            throw .refused(code: 0, message: "\(flavour.title) \(build.identity.version): \(words)")
        }
    }

    /// `28518:M 25 Nov 2026 16:58:06.467 # Can't handle RDB format version 99`, before the line in which it gives up.
    static func refusal(_ outcome: ShortCommand.Outcome) -> String? {
        guard !outcome.succeeded else { return nil }
        let warnings = (outcome.output + outcome.errors).split(whereSeparator: \.isNewline).map(String.init).filter {
            $0.contains(" # ")
        }
        let telling = warnings.first { $0.contains("RDB format") || $0.contains("signature") } ?? warnings.last
        return telling.map(RedisSettingRules.unstamped) ?? "it ended with \(outcome.ending)"
    }
}
