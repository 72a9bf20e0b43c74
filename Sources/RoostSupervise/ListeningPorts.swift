import Glibc

/// The TCP ports on which a user's processes listen, as reported by the kernel: a test connection would show in the
/// service's own log, and some servers count connections that send nothing.
package enum ListeningPorts {
    /// Parses /proc/net/tcp and tcp6: the second field is the local address, the fourth the state (0A: listening),
    /// the eighth the user.
    package static func parse(_ table: String, user: UInt32) -> Set<UInt16> {
        var ports: Set<UInt16> = []
        for line in table.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            guard fields.count > 7, fields[3] == "0A", fields[7] == "\(user)" else { continue }
            if let text = fields[1].split(separator: ":").last, let port = UInt16(text, radix: 16) {
                ports.insert(port)
            }
        }
        return ports
    }

    static func current() -> Set<UInt16> {
        let user = geteuid()
        return parse(read("/proc/net/tcp"), user: user).union(parse(read("/proc/net/tcp6"), user: user))
    }

    private static func read(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        // With a hundred thousand connections the table has 15 MB.
        while bytes.count < 32 << 20 {
            let count = Glibc.read(file, &part, part.count)
            guard count > 0 else { break }
            bytes += part[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
