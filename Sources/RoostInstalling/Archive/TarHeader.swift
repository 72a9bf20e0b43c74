/// The header block of an archive's entry, 512 bytes (POSIX ustar, with GNU's number format). Pure.
struct TarHeader: Equatable {
    static let blockSize = 512

    let name: [UInt8]
    let mode: UInt32
    let size: Int64
    let flag: UInt8
    let link: [UInt8]

    enum Fault: Error, Equatable, CustomStringConvertible {
        case checksum, number

        var description: String {
            switch self {
            case .checksum: "its checksum is wrong"
            case .number: "it contains an invalid number"
            }
        }
    }

    /// Nil for a block of zeros; two of them end an archive.
    static func read(_ block: [UInt8]) throws(Fault) -> TarHeader? {
        guard block.count == blockSize else { throw .checksum }
        if block.allSatisfy({ $0 == 0 }) { return nil }
        // The checksum is computed with its own field as spaces.
        let sum = block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
        guard try number(block[148..<156]) == Int64(sum) else { throw .checksum }
        var name = text(block[0..<100])
        // Only the POSIX format has a prefix there; GNU's older format has times.
        if Array(block[257..<263]) == Array("ustar\0".utf8) {
            let prefix = text(block[345..<500])
            if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
        }
        return TarHeader(
            name: name, mode: UInt32(truncatingIfNeeded: try number(block[100..<108])),
            size: try number(block[124..<136]), flag: block[156], link: text(block[157..<257]))
    }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

    /// Octal digits, or, with the first bit set, a number in base 256. Negative numbers are refused.
    private static func number(_ field: ArraySlice<UInt8>) throws(Fault) -> Int64 {
        guard let first = field.first else { throw .number }
        if first & 0x80 != 0 {
            guard first == 0x80 else { throw .number }
            var value: Int64 = 0
            for byte in field.dropFirst() {
                guard value < 1 << 47 else { throw .number }
                value = value << 8 | Int64(byte)
            }
            return value
        }
        let space = UInt8(ascii: " ")
        let digits = field.drop { $0 == space }.prefix { $0 != 0 && $0 != space }
        var value: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { throw .number }
            value = value << 3 | Int64(digit - UInt8(ascii: "0"))
        }
        return value
    }
}

/// The records of a pax header: `27 path=some/long/name\n`. Pure.
enum PaxRecords {
    /// Nil if the bytes are not of that form.
    static func read(_ bytes: [UInt8]) -> [String: [UInt8]]? {
        var records: [String: [UInt8]] = [:]
        var rest = bytes[...]
        while !rest.isEmpty {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard (1...7).contains(digits.count), let length = Int(String(decoding: digits, as: UTF8.self)),
                length <= rest.count, length > digits.count + 3,
                rest[rest.startIndex + digits.count] == UInt8(ascii: " "),
                rest[rest.startIndex + length - 1] == UInt8(ascii: "\n")
            else { return nil }
            let record = rest.prefix(length).dropFirst(digits.count + 1).dropLast()
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")), equals > record.startIndex else { return nil }
            records[String(decoding: record[..<equals], as: UTF8.self)] = Array(record[(equals + 1)...])
            rest = rest.dropFirst(length)
        }
        return records
    }
}
