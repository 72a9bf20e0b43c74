import Glibc

// COPY rows, and other lines that are not SQL.
extension StatementScanner {
    /// A line that is not SQL, up to its end.
    mutating func readLine(_ window: Window) -> Piece? {
        let newline = window.find(.newline, from: cursor)
        if dialect == .mysql, let end = findDelimiter(window, before: newline ?? window.end) {
            place = .between
            cursor = end + delimiter.count
            return .command(begin..<end)
        }
        guard let end = newline ?? (window.isLast ? window.count : nil) else {
            cursor = window.end
            return nil
        }
        let isCommand = place == .command
        place = isCommand ? .between : .rows
        cursor = newline == nil ? end : end + 1
        // The rest of the COPY's line, before the rows, belongs to no piece.
        return isCommand ? .command(begin..<end) : .rows(cursor..<cursor)
    }

    private func findDelimiter(_ window: Window, before end: Int) -> Int? {
        var from = begin
        while let found = window.find(delimiter[0], from: from), found < end {
            if window.follows(delimiter, found) { return found }
            from = found + 1
        }
        return nil
    }

    private func readRowsEnd(_ window: Window, _ index: Int) -> Int? {
        guard index + 1 < window.count, window.bytes[index] == .backslash, window.bytes[index + 1] == .dot else {
            return nil
        }
        var end = index + 2
        if end < window.count, window.bytes[end] == .carriageReturn { end += 1 }
        if end == window.count { return window.isLast ? end : nil }
        return window.bytes[end] == .newline ? end + 1 : nil
    }

    /// Reads the whole lines in the window, up to the end of the rows.
    mutating func readRows(_ window: Window) -> Piece? {
        if let end = readRowsEnd(window, 0) {
            place = .between
            cursor = end
            return .endOfRows
        }
        var from = 0
        while let slash = window.find(.backslash, from: from) {
            if slash > 0, window.bytes[slash - 1] == .newline, readRowsEnd(window, slash) != nil {
                cursor = slash
                return .rows(0..<slash)
            }
            from = slash + 1
        }
        var end = window.count
        while end > 0, window.bytes[end - 1] != .newline { end -= 1 }
        guard end > 0 else { return nil }
        cursor = end
        return .rows(0..<end)
    }
}
