/// What a dump is fed to: one connection to a server, statement by statement, as the engine's own client program would.
///
/// All of it blocks, on the thread of the load, but for `cancel`.
protocol DumpServer: AnyObject, SendableMetatype {
    var dialect: StatementScanner.Dialect { get }

    /// Runs a statement, translated where this server needs that.
    func run(_ statement: Statement) throws(StatementFault) -> StatementOutcome
    /// A line of the dump for the client program itself.
    func command(_ line: [UInt8]) throws(StatementFault)
    /// Whole lines of rows, for the COPY that waits for them.
    func rows(_ bytes: UnsafeBufferPointer<UInt8>) throws(StatementFault)
    func endRows() throws(StatementFault)
    /// Sets how the scanner reads on: what a statement has changed of the meaning of quotes.
    func adjust(_ scanner: inout StatementScanner)
    /// All of the dump was sent.
    func finish() throws(StatementFault)
    /// What there is to tell in the end.
    var notes: LoadNotes { get }
    /// The databases that the dump has named, in its order.
    var databases: [String] { get }
    /// Roles and accounts that were made for the dump.
    var accounts: [String] { get }
    /// The dump's own words about itself.
    func comment(_ text: UnsafeBufferPointer<UInt8>)
}

/// One statement of a dump, in the window of its bytes.
struct Statement {
    /// Without its delimiter; a zero follows it.
    let text: UnsafePointer<UInt8>
    let count: Int
    let escapes: Bool

    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: text, count: count) }
}

enum StatementOutcome: Equatable {
    /// Changes nothing that could be missed: a setting, a transaction's begin, what was left out.
    case neutral
    /// Makes or changes what the dump holds.
    case made
    /// Fills tables.
    case filled
    /// The server waits for the rows of a COPY.
    case rows
}

/// Why a statement failed.
struct StatementFault: Error, Equatable, CustomStringConvertible {
    let message: String
    var description: String { message }
    /// The statement itself is at fault, not the connection.
    var isOfStatement = true

    static let withinTransaction = StatementFault(
        message: "the text ends within a transaction, whose changes are lost without a COMMIT: it was cut off")
}

/// What a load has to tell, gathered while it runs.
struct LoadNotes {
    private(set) var all: [String] = []
    private var known: Set<String> = []
    /// Names that belong to one sentence.
    private var lists: [(sentence: String, names: [String])] = []

    private static let most = 50

    mutating func add(_ sentence: String) {
        guard known.insert(sentence).inserted, all.count < Self.most else { return }
        all.append(sentence)
    }

    /// `sentence` ends where the names begin.
    mutating func add(_ name: String, to sentence: String) {
        guard known.insert("\(sentence) \(name)").inserted else { return }
        if let index = lists.firstIndex(where: { $0.sentence == sentence }) {
            lists[index].names.append(name)
        } else {
            lists.append((sentence, [name]))
        }
    }

    var sentences: [String] {
        all
            + lists.map { list in
                let shown = list.names.prefix(8).joined(separator: ", ")
                let more = list.names.count > 8 ? " and \(list.names.count - 8) more" : ""
                return "\(list.sentence) \(shown)\(more)"
            }
    }
}
