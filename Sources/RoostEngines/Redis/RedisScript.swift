/// Commands, one per line, in the syntax of the engine's own client: words separated by blanks, in double quotes with
/// escapes, or in single quotes. Empty lines and lines that begin with `#` are skipped. Pure.
struct RedisScript: Equatable {
    struct Command: Equatable {
        /// Counted from 1.
        let line: Int
        /// Bytes, which need not be text.
        let words: [[UInt8]]
    }

    let commands: [Command]

    /// Throws for a line with an unclosed quote, before any other line is run.
    init(_ text: String) throws(EngineError) {
        var commands: [Command] = []
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            guard let words = Self.words(line) else {
                throw .refused(
                    code: 0, message: "line \(index + 1): a quote is not closed, or is followed directly by text")
            }
            guard let first = words.first, first.first != UInt8(ascii: "#") else { continue }
            commands.append(Command(line: index + 1, words: words))
        }
        self.commands = commands
    }

    private static func words(_ line: Substring.UTF8View) -> [[UInt8]]? {
        var rest = Array(line)[...]
        var words: [[UInt8]] = []
        while true {
            rest = rest.drop(while: isBlank)
            guard let first = rest.first else { return words }
            // A comment is skipped.
            if words.isEmpty, first == UInt8(ascii: "#") { return words }
            guard let word = word(&rest) else { return nil }
            words.append(word)
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// Takes one word from the front. A quote may begin within the word; its end is the word's end.
    private static func word(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        var word: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                guard let quoted = quoted(by: byte, &rest), rest.first.map(isBlank) ?? true else { return nil }
                return word + quoted
            case _ where isBlank(byte): return word
            case _: word.append(byte)
            }
        }
        return word
    }

    /// Nil if the quote does not end.
    private static func quoted(by quote: UInt8, _ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == quote { return text }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            if quote == UInt8(ascii: "\"") {
                text.append(escaped(&rest))
            } else if rest.first == quote {
                text.append(quote)
                rest = rest.dropFirst()
            } else {
                text.append(byte)
            }
        }
        return nil
    }

    /// The character after a backslash: `\x1F`, a letter for a control character, or any other character for itself.
    private static func escaped(_ rest: inout ArraySlice<UInt8>) -> UInt8 {
        let digits = String(decoding: rest.dropFirst().prefix(2), as: UTF8.self)
        if rest.first == UInt8(ascii: "x"), digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
            let byte = UInt8(digits, radix: 16)
        {
            rest = rest.dropFirst(3)
            return byte
        }
        return rest.popFirst().map { letters[$0] ?? $0 } ?? UInt8(ascii: "\\")
    }

    private static let letters: [UInt8: UInt8] = [
        UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09, UInt8(ascii: "b"): 0x08,
        UInt8(ascii: "a"): 0x07,
    ]
}
