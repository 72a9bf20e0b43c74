import RoostDumps
import RoostModel

/// What a dump is fed to: one connection to a server, statement by statement, as the engine's own client program would.
///
/// All of it blocks, on the thread of the load, but for `cancel`.
protocol DumpServer: AnyObject, SendableMetatype {
    var dialect: StatementScanner.Dialect { get }
    /// The longest statement, or row of a COPY, that the server could take: more of the dump is never kept in memory.
    var longestStatement: ByteCount { get }

    /// Runs a statement, translated where this server needs that.
    func run(_ statement: Statement) throws(StatementFault) -> StatementOutcome
    /// A line of the dump for the client program itself.
    func command(_ line: [UInt8]) throws(StatementFault)
    /// Whole lines of rows, for the COPY that waits for them.
    func rows(_ bytes: UnsafeBufferPointer<UInt8>) throws(StatementFault)
    /// How many rows the server took.
    func endRows() throws(StatementFault) -> Int
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

extension ByteCount {
    /// A statement takes a server several times its length of memory. `most`: the server's own limit.
    static func longestStatement(atMost most: ByteCount, _ plan: ServerPlan) -> ByteCount {
        min(most, max(.mebibytes(64), ByteCount(bytes: plan.settings.memory.bytes / 2)))
    }
}

/// One statement of a dump, in the window of its bytes.
struct Statement {
    /// Without its delimiter; a zero follows it.
    let text: UnsafePointer<UInt8>
    let count: Int
    let escapes: Bool

    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: text, count: count) }

    /// Its beginning on one line, for people. Quoted texts are not shown: they may be passwords.
    func outline(_ dialect: StatementScanner.Dialect) -> String {
        let longest = 70
        var tokens = SQLTokens(bytes, dialect, escapes: escapes)
        var (out, end) = ("", 0)
        while let token = tokens.next() {
            if !out.isEmpty, token.range.lowerBound > end { out += " " }
            out += token.kind == .text ? "'…'" : String(decoding: bytes[token.range], as: UTF8.self)
            end = token.range.upperBound
            if out.count > longest { return "\(out.prefix(longest))…" }
        }
        return out
    }
}

enum StatementOutcome: Equatable {
    /// Changes nothing that could be missed: a setting, a transaction's begin, what was left out.
    case neutral
    /// Makes or changes something.
    case made
    /// Makes a table, with so many rows at once: `CREATE TABLE … AS SELECT …`.
    case table(rows: Int)
    /// Fills tables.
    case filled(rows: Int)
    /// Runs code, such as a block or a procedure, whose tables and rows are not counted. `changes`: it is there to change
    /// something, and not to ask.
    case ran(changes: Bool)
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

    /// Statements that were left out, by what is said of them.
    private var leftOut: [(sentence: String, count: Int, first: [String])] = []

    private static let most = 50
    private static let mostShown = 3

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

    /// A statement that was left out, or put into other words, as `sentence` says: these are counted, and the first are shown.
    mutating func leaveOut(_ statement: String, _ sentence: String) {
        let index =
            leftOut.firstIndex { $0.sentence == sentence }
            ?? {
                leftOut.append((sentence, 0, []))
                return leftOut.count - 1
            }()
        leftOut[index].count += 1
        if leftOut[index].first.count < Self.mostShown { leftOut[index].first.append(statement) }
    }

    var sentences: [String] {
        all + leftOut.map { Self.counted($0.sentence, $0.count, $0.first) }
            + lists.map { list in
                let shown = list.names.prefix(8).joined(separator: ", ")
                let more = list.names.count > 8 ? " and \(list.names.count - 8) more" : ""
                return "\(list.sentence) \(shown)\(more)"
            }
    }

    private static func counted(_ sentence: String, _ count: Int, _ first: [String]) -> String {
        let more = count > first.count ? "; …" : ""
        return "\(sentence) (\(count) statement\(count == 1 ? "" : "s"): \(first.joined(separator: "; "))\(more))"
    }
}
