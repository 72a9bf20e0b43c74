/// Puts a process's name before each line of its output, so that one log tells several processes apart. Long lines
/// are cut into pieces of bounded size.
package struct LinePrefixer {
    private let prefix: [UInt8]
    private let longest: Int
    private var rest: [UInt8] = []

    package init(_ name: String, longest: Int = 8192) {
        prefix = Array("\(name): ".utf8)
        self.longest = longest
    }

    /// The lines that these bytes complete.
    package mutating func feed(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                output += line()
            } else {
                rest.append(byte)
                if rest.count >= longest { output += line() }
            }
        }
        return output
    }

    /// The last line, if it has no line end.
    package mutating func finish() -> [UInt8] { rest.isEmpty ? [] : line() }

    private mutating func line() -> [UInt8] {
        defer { rest.removeAll(keepingCapacity: true) }
        return prefix + rest + [UInt8(ascii: "\n")]
    }
}
