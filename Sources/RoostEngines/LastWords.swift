import RoostModel

/// A cause that servers write to their own log right before they end.
package struct KnownCause: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// The reporter adds which disk, and how much space is free.
        case diskFull
        case other
    }

    package let kind: Kind
    /// In lower case: a line that contains all words of one entry names the cause.
    let signs: [[String]]
    /// The cause in one sentence, for the operator.
    package let sentence: String

    package init(_ kind: Kind, signs: [[String]], sentence: String) {
        self.kind = kind
        self.signs = signs
        self.sentence = sentence
    }

    func isNamed(in line: String) -> Bool {
        let line = line.lowercased()
        return signs.contains { words in words.allSatisfy { line.contains($0) } }
    }
}

extension KnownCause {
    /// The `strerror` texts of ENOSPC and EDQUOT, which every server passes on, and some servers' own messages.
    static let diskFull = KnownCause(
        .diskFull,
        signs: [
            ["no space left on device"], ["disk quota exceeded"], ["disk is full"], ["disk full"], ["enospc"],
            // InnoDB: `Operating system error number 28`, `errno: 28`, `(Errcode: 28 "…")`.
            ["error number 28"], ["errno: 28"], ["errcode: 28 "], ["os error 28"], ["failed with error 28"],
            ["probably out of disk space"],
        ],
        sentence: "its disk is full")

    /// Messages of MySQL and MariaDB if `fs.aio-max-nr` is used up.
    static let nativeIO = KnownCause(
        .other,
        signs: [["io_setup() failed"], ["linux native aio"], ["initialize aio sub-system"], ["aio-max-nr"]],
        sentence: "the machine's asynchronous I/O requests are used up (fs.aio-max-nr; 'roost doctor' shows how many)")

    /// Causes that any server may log.
    package static let everywhere = [diskFull, nativeIO]
}

/// The end of a server's own log, searched for the cause of its end. Pure.
package struct LastWords: Equatable, Sendable {
    package let cause: KnownCause?
    /// The log's last errors, oldest first, each on one line and shortened if it is long.
    package let errors: [String]

    private static let most = 2
    private static let longest = 200
    /// Marks of an error line in servers' logs: MariaDB and MySQL, PostgreSQL, MongoDB's JSON, Redis.
    private static let marks = [
        "[ERROR]", "FATAL:", "PANIC:", "ERROR:", "\"s\":\"E\"", "\"s\":\"F\"", " # Fatal", " # Can't", " # Error",
        " # Bad file format", "error while loading shared libraries",
    ]

    /// Searches every line for `causes` in their order: a cause precedes the errors that follow from it.
    package static func read(_ log: [String], causes: [KnownCause]) -> LastWords {
        let cause = causes.first { cause in log.contains { cause.isNamed(in: $0) } }
        let errors = log.filter { line in
            // The last line of MariaDB and MySQL says that the server ends, not why.
            marks.contains { line.contains($0) } && !line.hasSuffix("[ERROR] Aborting")
                && !line.hasSuffix("[Server] Aborting")
        }
        return LastWords(cause: cause, errors: errors.suffix(most).map(plain))
    }

    private static func plain(_ line: String) -> String {
        let text = String(line.unicodeScalars.filter { $0.properties.generalCategory != .control }.map(Character.init))
        return text.count > longest ? text.prefix(longest) + "…" : text
    }
}
