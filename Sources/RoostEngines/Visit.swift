/// What a visit of a running server showed: a look by a new connection, as clients make them, at what they are given, and at
/// the files that the server's own catalogue says it has.
///
/// The connection that is kept for looks shows neither: it was let in long ago, and its server has its files open.
package struct Visit: Equatable, Sendable {
    /// Why clients are not let in, a clause. Nil: they are.
    package var refusal: String?
    /// Files below the data directory that the server must have and that are not there.
    package var missing: [String]

    package init(refusal: String? = nil, missing: [String] = []) {
        self.refusal = refusal
        self.missing = missing
    }

    /// Nothing was found wrong.
    package static let welcome = Visit()

    static let silence = Visit(
        refusal: "a new connection gets no answer in time, though those that stand are answered: see "
            + "'roost logs SERVICE'")

    static func refused(_ words: String) -> Visit { Visit(refusal: "a new connection is refused (\(words))") }

    /// More names than anybody reads.
    static let mostNames = 20
}

extension Engine {
    package func visit(_ plan: ServerPlan, removed: [String]) async -> Visit { .welcome }
}
