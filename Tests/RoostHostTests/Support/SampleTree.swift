import Foundation
import RoostHost

/// A tree to be copied.
enum SampleTree {
    /// A tree with one of each thing that a data directory may hold.
    static func make(_ folder: String) throws {
        let script = """
            mkdir -p '\(folder)/mysql/deep er' && cd '\(folder)'
            head -c 3000000 /dev/urandom > ibdata1
            truncate -s 9M sparse; printf head | dd of=sparse conv=notrunc status=none
            printf middle | dd of=sparse bs=1M seek=4 conv=notrunc status=none
            : > empty
            printf 'no utf-8' > "$(printf 'mysql/\\377\\376')"
            ln -s /etc/passwd link; ln -s nowhere mysql/dangling
            mkfifo pipe
            echo run > 'mysql/deep er/x'; ln 'mysql/deep er/x' twin
            chmod 0640 ibdata1; chmod 2750 mysql; chmod 0400 empty
            [ "$(id -u)" != 0 ] || chown -h 65534:65533 ibdata1 link mysql
            touch -h -d '2001-02-03 04:05:06.789' ibdata1 link mysql/dangling mysql .
            """
        try shell(script)
    }

    /// Describes everything about a tree that a copy keeps, one line a file.
    static func describe(_ folder: String) throws -> String {
        try shell(
            """
            cd '\(folder)'
            find . ! -type p ! -type s ! -type d -printf '%p %y %m %U:%G %T@ %s %l\\n' | LC_ALL=C sort
            find . -type d -printf '%p %y %m %U:%G %T@\\n' | LC_ALL=C sort
            find . -type f -exec sha256sum '{}' ';' | LC_ALL=C sort
            """)
    }
}

/// Runs a script and returns what it prints; throws if it fails.
@discardableResult
func shell(_ script: String) throws -> String {
    struct Failed: Error { let script: String }
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-ec", script]
    process.standardOutput = output
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(script: script) }
    return String(decoding: text, as: UTF8.self)
}
