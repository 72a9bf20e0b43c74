// Comments between and within statements. A comment within a statement stays part of it; one between statements is a
// piece of its own, which begins at `begin`. `cursor` is where the scan of the window has got to.
extension StatementScanner {
    /// Whether a comment begins at the cursor. If so, moves the cursor behind the comment's opening.
    mutating func beginComment(_ window: Window, inStatement: Bool) -> Bool {
        let (bytes, index) = (window.bytes, cursor)
        let byte = bytes[index]
        let next = index + 1 < window.count ? bytes[index + 1] : .newline
        if byte == UInt8(ascii: "-"), next == byte {
            // In MySQL, two dashes begin a comment only before white space: `5--2` is an expression.
            guard dialect == .postgresql || index + 2 >= window.count || bytes[index + 2].isSpace else { return false }
            if !inStatement { begin = index }
            place = .lineComment(inStatement: inStatement)
            cursor = index + 2
            return true
        }
        if byte == UInt8(ascii: "#"), dialect == .mysql {
            if !inStatement { begin = index }
            place = .lineComment(inStatement: inStatement)
            cursor = index + 1
            return true
        }
        guard byte == UInt8(ascii: "/"), next == UInt8(ascii: "*") else { return false }
        // `/*!40101 SET …*/` is no comment: MySQL executes it.
        if dialect == .mysql, SQLTokens.isExecutable(bytes + index, window.count - index) {
            // An exception is `/*!999999\- enable the sandbox mode */`, with which mariadb-dump begins a dump: it is for
            // the client program, so it is skipped like a comment.
            guard !inStatement, SQLTokens.isSandboxMark(bytes + index, window.count - index) else { return false }
        }
        if !inStatement { begin = index }
        place = .blockComment(inStatement: inStatement, depth: 1)
        cursor = index + 2
        return true
    }

    /// The comment as a piece. Nil if it goes on beyond the window, or is part of a statement.
    mutating func readLineComment(_ window: Window, _ inStatement: Bool) -> Piece? {
        let newline = window.find(.newline, from: cursor)
        guard let end = newline ?? (window.isLast ? window.count : nil) else {
            cursor = window.count
            return nil
        }
        place = inStatement ? .statement : .between
        cursor = end
        return inStatement ? nil : .comment(begin..<end)
    }

    /// The comment as a piece. Nil if it goes on beyond the window, or is part of a statement. `depth`: the number of
    /// comments that are open at the cursor.
    mutating func readBlockComment(_ window: Window, _ inStatement: Bool, _ depth: Int) -> Piece? {
        var (index, depth) = (cursor, depth)
        while index < window.end {
            let byte = window.bytes[index]
            let next = index + 1 < window.count ? window.bytes[index + 1] : 0
            if byte == UInt8(ascii: "*"), next == UInt8(ascii: "/") {
                index += 2
                depth -= 1
                guard depth == 0 else { continue }
                place = inStatement ? .statement : .between
                cursor = index
                return inStatement ? nil : .comment(begin..<index)
            }
            // PostgreSQL's comments nest.
            if dialect == .postgresql, byte == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
                index += 2
                depth += 1
            } else {
                index += 1
            }
        }
        place = .blockComment(inStatement: inStatement, depth: depth)
        cursor = min(index, window.count)
        return nil
    }
}
