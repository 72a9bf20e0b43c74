extension String {
    /// The text with every byte escaped except the unreserved characters of RFC 3986, section 2.3: letters, digits and
    /// `-._~`. It ends neither a query item nor a path component nor a host.
    package var percentEncoded: String { percentEncoded(keeping: "") }

    /// Like `percentEncoded`; the ASCII characters of `kept` stay as well.
    package func percentEncoded(keeping kept: String) -> String {
        utf8.reduce(into: "") { escaped, byte in
            if byte.isUnreserved || kept.utf8.contains(byte) {
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                escaped += "%" + [byte].hexadecimal.uppercased()
            }
        }
    }
}

extension UInt8 {
    fileprivate var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(self)
        }
    }
}
