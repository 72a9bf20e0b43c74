/// The result of a visit to a running server: a check over a new connection, as clients make them, of the databases
/// that clients are given, and of the files in the server's own catalogue.
///
/// The kept connection of the probes shows neither: it was admitted long ago, and its server has its files open.
package struct Visit: Equatable, Sendable {
    /// The reason why clients are not admitted, a clause. Nil if they are admitted.
    package var refusal: String?
    /// Files below the data directory that the server needs and that are missing.
    package var missing: [String]
    /// Nil if no others are known to be missing.
    package var remark: Remark?

    /// Missing files that the server can do without.
    package struct Remark: Equatable, Sendable {
        /// Paths below the data directory.
        package let files: [String]
        /// The affected objects and the remedy, a clause.
        package let words: String

        package init(files: [String], words: String) {
            self.files = files
            self.words = words
        }
    }

    package init(refusal: String? = nil, missing: [String] = [], remark: Remark? = nil) {
        self.refusal = refusal
        self.missing = missing
        self.remark = remark
    }

    /// A visit without findings.
    package static let welcome = Visit()

    static let silence = Visit(
        refusal: "new connections get no answer in time, but existing connections do: see "
            + "'roost logs SERVICE'")

    static func refused(_ words: String) -> Visit { Visit(refusal: "a new connection is refused (\(words))") }

    /// The limit for names from the server: readers need no more.
    static let mostNames = 20

    /// The first names of a list, for a sentence.
    package static func list(_ names: [String]) -> String {
        names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
    }
}

/// Facts known before a visit that tell it where to look.
package struct VisitAim: Sendable {
    /// Files below the data directory that were removed while the server has them open.
    package let removed: [String]
    /// Files that the previous visit found missing.
    package let suspects: [String]
    /// The number of earlier visits: large sets are examined in rotation.
    package let turn: Int

    package init(removed: [String] = [], suspects: [String] = [], turn: Int = 0) {
        self.removed = removed
        self.suspects = suspects
        self.turn = turn
    }
}
