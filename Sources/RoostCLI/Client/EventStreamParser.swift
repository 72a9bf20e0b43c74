import Foundation

/// Reads server-sent events from pieces of any size (WHATWG HTML, "Interpreting an event stream").
package struct EventStreamParser {
    package struct Message: Equatable {
        package var event = "message"
        package var id: String?
        package var data = ""
    }

    private var lines = LineSplitter()
    private var message = Message()
    private var hasData = false

    package init() {}

    package mutating func feed(_ chunk: Data) -> [Message] {
        lines.feed(chunk).compactMap { take($0) }
    }

    /// An empty line ends a message; a message without data is dropped.
    private mutating func take(_ line: String) -> Message? {
        guard !line.isEmpty else {
            defer {
                message = Message()
                hasData = false
            }
            return hasData ? message : nil
        }
        let colon = line.firstIndex(of: ":") ?? line.endIndex
        var value = colon == line.endIndex ? "" : line[line.index(after: colon)...]
        if value.first == " " { value.removeFirst() }
        switch line[..<colon] {
        case "event": message.event = String(value)
        case "id": message.id = String(value)
        case "data":
            message.data += (hasData ? "\n" : "") + value
            hasData = true
        // Ignored: comments (an empty name, such as the daemon's heartbeat), `retry`, and unknown fields.
        default: break
        }
        return nil
    }
}

/// Cuts a stream of bytes into lines of bounded length, at LF or CR LF.
package struct LineSplitter {
    /// Length limit of a line, in bytes; a longer line is split into parts.
    package static let longest = 1 << 20
    private var rest = Data()

    package init() {}

    package mutating func feed(_ chunk: Data) -> [String] {
        rest.append(chunk)
        var lines: [String] = []
        var start = rest.startIndex
        while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest[start..<end]
            lines.append(String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self))
            start = rest.index(after: end)
        }
        rest = Data(rest[start...])
        if rest.count > Self.longest {
            lines.append(String(decoding: rest, as: UTF8.self))
            rest = Data()
        }
        return lines
    }

    /// Returns the text behind the last line break; nil if there is none.
    package mutating func finish() -> String? {
        defer { rest = Data() }
        return rest.isEmpty ? nil : String(decoding: rest, as: UTF8.self)
    }
}
