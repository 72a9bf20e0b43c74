/// Archives made byte by byte, with content that no well-meaning program would write.
struct TarBuilder {
    private(set) var bytes: [UInt8] = []

    /// Adds a header with its body. `claimed`: the size that the header declares, where it is not the body's.
    mutating func add(
        _ name: [UInt8], flag: Character = "0", mode: Int = 0o644, link: [UInt8] = [], body: [UInt8] = [],
        claimed: Int? = nil
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ value: [UInt8], at offset: Int, most: Int) {
            for (index, byte) in value.prefix(most).enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int, digits: Int) -> [UInt8] {
            let text = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
        }
        put(name, at: 0, most: 100)
        put(octal(mode, digits: 7), at: 100, most: 7)
        put(octal(claimed ?? body.count, digits: 11), at: 124, most: 11)
        put(Array("00000000000".utf8), at: 136, most: 11)
        header[156] = flag.asciiValue ?? 0
        put(link, at: 157, most: 100)
        put(Array("ustar\0".utf8) + Array("00".utf8), at: 257, most: 8)
        let sum = header.reduce(0) { $0 + Int($1) } + 8 * 32
        put(octal(sum, digits: 6) + [0, 32], at: 148, most: 8)
        bytes += header + body + [UInt8](repeating: 0, count: (512 - body.count % 512) % 512)
    }

    mutating func add(
        _ name: String, flag: Character = "0", mode: Int = 0o644, link: String = "", body: String = ""
    ) {
        add(Array(name.utf8), flag: flag, mode: mode, link: Array(link.utf8), body: Array(body.utf8))
    }

    /// A pax header for the entry behind it.
    mutating func pax(_ key: String, _ value: String, flag: Character = "x") {
        var length = key.utf8.count + value.utf8.count + 3
        length += String(length + String(length).count).count
        add("pax", flag: flag, body: "\(length) \(key)=\(value)\n")
    }

    /// The archive with the two blocks of zeros at its end.
    var ended: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    static func make(_ entries: (inout TarBuilder) -> Void) -> [UInt8] {
        var builder = TarBuilder()
        entries(&builder)
        return builder.ended
    }
}
