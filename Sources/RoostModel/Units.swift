/// A TCP port, 1 to 65535.
package struct PortNumber: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    package let rawValue: UInt16

    package init?(rawValue: UInt16) {
        guard rawValue > 0 else { return nil }
        self.rawValue = rawValue
    }

    package init?(_ number: Int) {
        guard let number = UInt16(exactly: number) else { return nil }
        self.init(rawValue: number)
    }

    package var number: Int { Int(rawValue) }
    package var description: String { String(rawValue) }
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A range of ports, both ends included, written `20000-29999`.
package struct PortRange: Hashable, Sendable, CustomStringConvertible {
    package let first: PortNumber
    package let last: PortNumber

    package init?(_ text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2,
            let first = Int(ends[0]).flatMap({ PortNumber($0) }), let last = Int(ends[1]).flatMap({ PortNumber($0) }),
            first <= last
        else { return nil }
        self.first = first
        self.last = last
    }

    package var ports: some Sequence<PortNumber> { (first.number...last.number).lazy.compactMap { PortNumber($0) } }
    package func contains(_ port: PortNumber) -> Bool { first <= port && port <= last }
    package var description: String { "\(first)-\(last)" }
}

/// A number of bytes, written with the units of the build file: `512M` is 512 MiB.
package struct ByteCount: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    package let bytes: Int64

    package init(bytes: Int64) { self.bytes = bytes }
    package static func mebibytes(_ count: Int64) -> ByteCount { ByteCount(bytes: count << 20) }
    package static func gibibytes(_ count: Int64) -> ByteCount { ByteCount(bytes: count << 30) }

    /// Reads `536870912`, `512M`, `512MiB`, `512mb`, `1.5G`. Nil for anything else, for zero and for overflow.
    package init?(_ text: String) {
        let lower = text.lowercased()
        let digits = lower.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let shifts: [Substring: Int64] = [
            "": 0, "b": 0, "k": 10, "kb": 10, "kib": 10, "m": 20, "mb": 20, "mib": 20,
            "g": 30, "gb": 30, "gib": 30, "t": 40, "tb": 40, "tib": 40,
        ]
        guard let shift = shifts[lower.dropFirst(digits.count)] else { return nil }
        // Whole numbers are read exactly: a Double holds only 53 bits of them.
        if let whole = Int64(digits) {
            let (bytes, overflow) = whole.multipliedReportingOverflow(by: 1 << shift)
            guard !overflow, bytes > 0 else { return nil }
            self.bytes = bytes
            return
        }
        guard let number = Double(digits) else { return nil }
        let bytes = number * Double(Int64(1) << shift)
        guard bytes >= 1, bytes < 9e18 else { return nil }
        self.bytes = Int64(bytes)
    }

    package init(from decoder: any Decoder) throws {
        bytes = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }

    /// The shortest exact form in the build file's units: `512M`, `1G`, `1000`.
    package var description: String {
        for (shift, unit) in [(40, "T"), (30, "G"), (20, "M"), (10, "K")] where bytes != 0 && bytes % (1 << shift) == 0
        {
            return "\(bytes >> Int64(shift))\(unit)"
        }
        return String(bytes)
    }

    package static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
}
