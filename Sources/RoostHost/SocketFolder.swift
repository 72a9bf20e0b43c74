import Glibc

/// The folder of a server's sockets and pid files: a path short enough that each socket below it has an address.
package enum SocketFolder {
    /// The most bytes of a socket's path (`sun_path` without its closing zero).
    package static let longestSocketPath = 107
    /// Bytes left for a socket's name: `/mongodb-30000.sock` is the longest.
    static let room = 19

    /// Parent of the socket folders of all homes whose roostd runs as root.
    package static let ofRoot = "/run/roost"

    /// For root `/run/roost/<tag>/<name>`, which is cleared by a reboot; else `<home>/run/<name>`. A name that does
    /// not fit is replaced by its hash, and a home that does not fit by a folder in /tmp. This function makes no
    /// folder. Make it with its owner named (`Storage.makeFolder`), which refuses a folder that a stranger has put
    /// there.
    package static func path(home: String, name: String) throws(HostError) -> String {
        try path(home: home, name: name, uid: geteuid())
    }

    static func path(home: String, name: String, uid: UInt32) throws(HostError) -> String {
        let tag = HomeFolder.tag(of: home)
        let short = HomeFolder.digest(name, length: 8)
        let candidates =
            uid == 0
            ? ["\(ofRoot)/\(tag)/\(name)", "\(ofRoot)/\(tag)/\(short)"]
            : ["\(home)/run/\(name)", "\(home)/run/\(short)", "/tmp/roost-\(uid)-\(tag)-\(short)"]
        for candidate in candidates where candidate.utf8.count + room <= longestSocketPath { return candidate }
        throw .socketPathTooLong(path: home, longest: longestSocketPath)
    }
}
