import RoostDumps
import RoostModel

/// The server that a dump is fed to: a connection, statement by statement, as the engine's own client program would.
///
/// All methods except `cancel` block, on the thread of the load.
protocol DumpServer: AnyObject, SendableMetatype {
    var dialect: StatementScanner.Dialect { get }
    /// The longest statement, or row of a COPY, that the server could accept: memory never holds more of the dump.
    var longestStatement: ByteCount { get }

    /// Runs a statement, translated if this server needs it.
    func run(_ statement: Statement) throws(StatementFault) -> StatementOutcome
    /// Handles a line of the dump that is meant for the client program.
    func command(_ line: [UInt8]) throws(StatementFault)
    /// Sends whole lines of rows to the waiting COPY.
    func rows(_ bytes: UnsafeBufferPointer<UInt8>) throws(StatementFault)
    /// Ends a COPY and returns the number of rows that the server took.
    func endRows() throws(StatementFault) -> Int
    /// Adjusts the scanner after a statement that changed the meaning of quotes.
    func adjust(_ scanner: inout StatementScanner)
    /// Called after all of the dump was sent.
    func finish() throws(StatementFault)
    /// Notes to report at the end of the load.
    var notes: LoadNotes { get }
    /// Databases that the dump has named, in its order.
    var databases: [String] { get }
    /// Roles and accounts that were made for the dump.
    var accounts: [String] { get }
    /// Takes a comment of the dump, which may describe the dump.
    func comment(_ text: UnsafeBufferPointer<UInt8>)
}

extension ByteCount {
    /// A server needs several times a statement's length of memory. `most`: the server's own limit.
    static func longestStatement(atMost most: ByteCount, _ plan: ServerPlan) -> ByteCount {
        min(most, max(.mebibytes(64), ByteCount(bytes: plan.settings.memory.bytes / 2)))
    }
}

/// A statement of a dump, in the window of its bytes.
struct Statement {
    /// The text without its delimiter; a zero byte follows it.
    let text: UnsafePointer<UInt8>
    let count: Int
    let escapes: Bool

    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: text, count: count) }

    /// The statement's beginning on one line, for messages. Quoted texts are hidden: they may be passwords.
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
    /// Changes no data: a setting, the begin of a transaction, a statement that was left out.
    case neutral
    /// Makes or changes something.
    case made
    /// Creates a table with this many rows: `CREATE TABLE … AS SELECT …`.
    case table(rows: Int)
    /// Fills tables.
    case filled(rows: Int)
    /// Runs code, such as a block or a procedure, whose tables and rows are not counted. `changes`: whether the
    /// statement is meant to change data rather than to query it.
    case ran(changes: Bool)
    /// The server waits for the rows of a COPY.
    case rows
}

/// The reason why a statement failed.
struct StatementFault: Error, Equatable, CustomStringConvertible {
    let message: String
    var description: String { message }
    /// Whether the statement itself is at fault, not the connection.
    var isOfStatement = true

    static let withinTransaction = StatementFault(
        message: "the text ends within a transaction, whose changes are lost without a COMMIT: it is truncated")
}

/// Notes about a load, gathered while it runs.
struct LoadNotes {
    private(set) var all: [String] = []
    private var known: Set<String> = []
    /// Names grouped by the sentence they belong to.
    private var lists: [(sentence: String, names: [String])] = []

    /// Statements that were left out, grouped by the sentence about them.
    private var leftOut: [(sentence: String, count: Int, first: [String])] = []

    private static let most = 50
    private static let mostShown = 3

    mutating func add(_ sentence: String) {
        guard known.insert(sentence).inserted, all.count < Self.most else { return }
        all.append(sentence)
    }

    /// Adds a name to the list behind `sentence`.
    mutating func add(_ name: String, to sentence: String) {
        guard known.insert("\(sentence) \(name)").inserted else { return }
        if let index = lists.firstIndex(where: { $0.sentence == sentence }) {
            lists[index].names.append(name)
        } else {
            lists.append((sentence, [name]))
        }
    }

    /// Counts a statement that was left out or rewritten, as `sentence` says; the first ones are shown.
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
