/// Puts a process's name before each line that it prints, so that one log tells several processes apart. Lines of any
/// length come in pieces of bounded size.
package struct LinePrefixer {
    private let prefix: [UInt8]
    private let longest: Int
    private var rest: [UInt8] = []

    package init(_ name: String, longest: Int = 8192) {
        prefix = Array("\(name): ".utf8)
        self.longest = longest
    }

    /// The whole lines that these bytes complete.
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

    /// What stands behind the last line's end.
    package mutating func finish() -> [UInt8] { rest.isEmpty ? [] : line() }

    private mutating func line() -> [UInt8] {
        defer { rest.removeAll(keepingCapacity: true) }
        return prefix + rest + [UInt8(ascii: "\n")]
    }
}
