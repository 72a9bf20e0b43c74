import Glibc
import RoostHost
import RoostModel

/// Files that Roost itself reads and writes in a data directory. The directory belongs to the server's user, so its
/// content is untrusted.
struct RedisData {
    /// Records the server that wrote the directory: `redis 7.0.15`. Fresh directories hold nothing else.
    static let versionFile = "roost-version"
    /// Users that were added, see `RedisUserList`.
    static let usersFile = "roost-users"

    private static let served = "served"

    static let logFolder = "appendonlydir"
    static let manifestFile = "appendonly.aof.manifest"

    let folder: String

    /// The newest version named in the directory. The server's own files are not enough: the log's base keeps the
    /// version that wrote it while a newer server appends to the rest.
    func version(_ flavour: Redis.Flavour) -> EngineVersion? {
        [noted(flavour), base(flavour)].compactMap { $0 }.max()
    }

    private func noted(_ flavour: Redis.Flavour) -> EngineVersion? {
        note(flavour).flatMap { EngineVersion($0[1]) }
    }

    /// Whether a server was opened on this directory: then its log must exist too.
    func wasServed(_ flavour: Redis.Flavour) -> Bool { note(flavour)?.last == Self.served }

    /// `redis 7.0.15`, followed by `served` once a server was opened.
    private func note(_ flavour: Redis.Flavour) -> [String]? {
        guard let text = FolderEntry.text("\(folder)/\(Self.versionFile)", atMost: 100) else { return nil }
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard (2...3).contains(words.count), words[0] == flavour.rawValue else { return nil }
        return words
    }

    private func base(_ flavour: Redis.Flavour) -> EngineVersion? {
        let log = "\(folder)/\(Self.logFolder)"
        guard let manifest = FolderEntry.text("\(log)/\(Self.manifestFile)", atMost: 64 << 10),
            let name = RedisLogManifest.base(manifest),
            let beginning = FolderEntry.bytes("\(log)/\(name)", atMost: 4096)
        else { return nil }
        return RedisDumpHeader.fields(beginning)[flavour.fileVersionField].flatMap(EngineVersion.init)
    }

    /// Called before the server is opened: from then on clients' writes are of this version.
    func note(_ version: EngineVersion, _ flavour: Redis.Flavour, isServed: Bool = false) throws(EngineError) {
        let isServed = isServed || wasServed(flavour)
        // An unreadable file, or another server's, is written anew.
        if noted(flavour) == version, isServed == wasServed(flavour) { return }
        try write("\(flavour.rawValue) \(version)\(isServed ? " \(Self.served)" : "")\n", to: Self.versionFile)
    }

    /// Readable by the directory's owner only. Atomic: the file is always the complete old or the complete new one.
    func write(_ text: String, to name: String) throws(EngineError) {
        let owner = try owner
        do {
            try Storage.writeAtomically(text.data, to: "\(folder)/\(name)", mode: 0o600, owner: owner)
        } catch {
            throw .notReachable("\(folder)/\(name) could not be written: \(error)")
        }
    }

    /// The directory's owner, the server's user.
    var owner: ServerUser {
        get throws(EngineError) {
            var status = stat()
            guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw .notReachable("\(folder) is not a folder")
            }
            return ServerUser(name: "owner", uid: status.st_uid, gid: status.st_gid)
        }
    }
}

/// The manifest of a log's files: `file appendonly.aof.1.base.rdb seq 1 type b`, one per line.
enum RedisLogManifest {
    /// The name of the base file. Nil if there is none, or if the name leads elsewhere.
    static func base(_ text: String) -> String? {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            guard let kind = words.lastIndex(of: "type"), words.dropFirst(kind + 1).first == "b",
                let place = words.firstIndex(of: "file"), let name = words.dropFirst(place + 1).first
            else { continue }
            return name.contains("/") || name.hasPrefix(".") ? nil : String(name)
        }
        return nil
    }
}

/// The fields at the beginning of a dump file: `redis-ver`, `redis-bits`, `ctime`.
///
/// The format: nine bytes of magic and version, then for each field the byte 0xFA and two strings. A string is a
/// length and as many bytes, or a number of one, two or four bytes.
enum RedisDumpHeader {
    static func fields(_ bytes: [UInt8]) -> [String: String] {
        let magics = ["REDIS", "VALKEY"].map { Array($0.utf8) }
        guard bytes.count > 9, magics.contains(where: bytes.starts(with:)) else { return [:] }
        var fields: [String: String] = [:]
        var rest = bytes.dropFirst(9)
        while rest.popFirst() == 0xFA, let name = string(&rest), let value = string(&rest) { fields[name] = value }
        return fields
    }

    /// Takes one string from the front. Nil if it exceeds the bytes that were read, or is of another kind.
    private static func string(_ rest: inout ArraySlice<UInt8>) -> String? {
        guard let first = rest.popFirst() else { return nil }
        let low = Int(first & 0x3F)
        switch first >> 6 {
        case 0: return text(low, &rest)
        case 1: return rest.popFirst().flatMap { text(low << 8 | Int($0), &rest) }
        case 3 where low < 3: return number(1 << low, &rest)
        default: return nil
        }
    }

    private static func text(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> String? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return String(decoding: rest.prefix(count), as: UTF8.self)
    }

    private static func number(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> String? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return String(rest.prefix(count).reversed().reduce(0) { $0 << 8 | Int($1) })
    }
}
