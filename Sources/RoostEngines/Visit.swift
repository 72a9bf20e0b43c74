/// What a visit of a running server showed: a look by a new connection, as clients make them, at what they are given, and at
/// the files that the server's own catalogue says it has.
///
/// The connection that is kept for looks shows neither: it was let in long ago, and its server has its files open.
package struct Visit: Equatable, Sendable {
    /// Why clients are not let in, a clause. Nil: they are.
    package var refusal: String?
    /// Files below the data directory that the server must have and that are not there.
    package var missing: [String]
    /// Nil: no others are known to be missing.
    package var remark: Remark?

    /// Files that are not there and that the server can do without.
    package struct Remark: Equatable, Sendable {
        /// Below the data directory.
        package let files: [String]
        /// Which, and what makes up for them, a clause.
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

    /// Nothing was found wrong.
    package static let welcome = Visit()

    static let silence = Visit(
        refusal: "a new connection gets no answer in time, though those that stand are answered: see "
            + "'roost logs SERVICE'")

    static func refused(_ words: String) -> Visit { Visit(refusal: "a new connection is refused (\(words))") }

    /// More names than anybody reads.
    static let mostNames = 20

    /// The first names of a list, for a sentence.
    package static func list(_ names: [String]) -> String {
        names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
    }
}

/// What is known before a visit, and tells it where to look.
package struct VisitAim: Sendable {
    /// Files below the data directory that the server has open and that were removed.
    package let removed: [String]
    /// What the visit before found missing.
    package let suspects: [String]
    /// How many visits there were: what is too much for each is looked through in turns.
    package let turn: Int

    package init(removed: [String] = [], suspects: [String] = [], turn: Int = 0) {
        self.removed = removed
        self.suspects = suspects
        self.turn = turn
    }
}
