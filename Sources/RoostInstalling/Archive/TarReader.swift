import RoostModel

/// Reads an archive from beginning to end, entry by entry: POSIX ustar and pax, and GNU's long names.
///
/// Listing and unpacking use the same reader, so that they cannot see different entries in the same bytes.
struct TarReader {
    /// Fills the buffer as far as it can; 0 at the end.
    typealias Source = (UnsafeMutableRawBufferPointer) throws(InstallError) -> Int

    /// Size limit of a long name or a pax header, in bytes.
    private static let longestExtension: Int64 = 64 << 10
    private static let mostExtensions = 8

    private let source: Source
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)
    private var filled = 0..<0
    /// Unread bytes of the current entry's body, and of the padding behind it.
    private var bodyLeft: Int64 = 0
    private var paddingLeft: Int64 = 0

    init(source: @escaping Source) { self.source = source }

    /// The next entry; nil at the archive's proper end. Unread bytes of the last body are skipped.
    mutating func next() throws(InstallError) -> TreeEntry? {
        try skipBody()
        var long = Extensions()
        for _ in 0...Self.mostExtensions {
            guard let header = try header() else {
                // A single block of zeros ends the archive as well, as in other readers.
                return nil
            }
            // Readers disagree whether the size of a link or a folder means bytes behind its header.
            if header.size > 0, (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(header.flag) {
                throw .damaged("an entry of a kind that has no content declares \(header.size) bytes")
            }
            begin(header.size)
            switch header.flag {
            case UInt8(ascii: "L"): long.name = trimmed(try wholeBody())
            case UInt8(ascii: "K"): long.link = trimmed(try wholeBody())
            case UInt8(ascii: "x"): try long.add(try wholeBody())
            case UInt8(ascii: "g"): try long.addGlobal(try wholeBody())
            default: return entry(header, long)
            }
        }
        throw .damaged("an entry has more than \(Self.mostExtensions) extended headers")
    }

    /// Reads further bytes of the current entry's body; 0 at its end.
    mutating func readBody(_ target: UnsafeMutableRawBufferPointer) throws(InstallError) -> Int {
        guard bodyLeft > 0, !target.isEmpty else { return 0 }
        if filled.isEmpty { try fill() }
        let count = min(filled.count, target.count, Int(clamping: bodyLeft))
        buffer.withUnsafeBytes {
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[filled.lowerBound..<filled.lowerBound + count]))
        }
        filled = filled.lowerBound + count..<filled.upperBound
        bodyLeft -= Int64(count)
        return count
    }

    // MARK: Parts

    private func entry(_ header: TarHeader, _ long: Extensions) -> TreeEntry {
        let name = long.name ?? header.name
        let link = long.link ?? header.link
        let kind: TreeEntry.Kind =
            switch header.flag {
            case _ where long.isSparse: .sparseFile
            // In formats without types, a folder was marked by the slash at its name's end.
            case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): name.last == UInt8(ascii: "/") ? .folder : .file
            case UInt8(ascii: "1"): .hardLink(to: link)
            case UInt8(ascii: "2"): .symbolicLink(to: link)
            case UInt8(ascii: "3"), UInt8(ascii: "4"): .device
            case UInt8(ascii: "5"): .folder
            case UInt8(ascii: "6"): .pipe
            case UInt8(ascii: "S"): .sparseFile
            default: .unknown(header.flag)
            }
        return TreeEntry(name: name, kind: kind, mode: header.mode, size: kind == .file ? header.size : 0)
    }

    private mutating func begin(_ size: Int64) {
        bodyLeft = size
        paddingLeft = (Int64(TarHeader.blockSize) - size % Int64(TarHeader.blockSize)) % Int64(TarHeader.blockSize)
    }

    private mutating func header() throws(InstallError) -> TarHeader? {
        var block: [UInt8] = []
        while block.count < TarHeader.blockSize {
            if filled.isEmpty { try fill() }
            let part = buffer[filled].prefix(TarHeader.blockSize - block.count)
            block += part
            filled = filled.lowerBound + part.count..<filled.upperBound
        }
        do { return try TarHeader.read(block) } catch {
            throw .damaged("an entry has an invalid header (\(error))")
        }
    }

    private mutating func wholeBody() throws(InstallError) -> [UInt8] {
        guard bodyLeft <= Self.longestExtension else {
            throw .damaged("an extended header is longer than \(Self.longestExtension) bytes")
        }
        var body: [UInt8] = []
        while bodyLeft > 0 {
            if filled.isEmpty { try fill() }
            let part = buffer[filled].prefix(Int(bodyLeft))
            body += part
            filled = filled.lowerBound + part.count..<filled.upperBound
            bodyLeft -= Int64(part.count)
        }
        try skipBody()
        return body
    }

    private func trimmed(_ name: [UInt8]) -> [UInt8] { name.last == 0 ? name.dropLast() : name }

    private mutating func skipBody() throws(InstallError) {
        var left = bodyLeft + paddingLeft
        while left > 0 {
            if filled.isEmpty { try fill() }
            let count = min(filled.count, Int(clamping: left))
            filled = filled.lowerBound + count..<filled.upperBound
            left -= Int64(count)
        }
        bodyLeft = 0
        paddingLeft = 0
    }

    private mutating func fill() throws(InstallError) {
        var count = 0
        var failure: InstallError?
        buffer.withUnsafeMutableBytes { bytes in
            do throws(InstallError) { count = try source(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
        guard count > 0 else { throw .damaged("it is truncated") }
        filled = 0..<count
    }
}

extension TarReader {
    /// The values of extended headers for the entry behind them.
    private struct Extensions {
        var name: [UInt8]?
        var link: [UInt8]?
        var isSparse = false

        mutating func add(_ body: [UInt8]) throws(InstallError) {
            guard let records = PaxRecords.read(body) else { throw .damaged("a pax header is invalid") }
            for (key, value) in records {
                switch key {
                case "path": name = value
                case "linkpath": link = value
                // A size here is needed only above 8 GiB, and readers that ignore it see other entries.
                case "size": throw .damaged("a pax header overrides an entry's size")
                case _ where key.hasPrefix("GNU.sparse."): isSparse = true
                default: continue
                }
            }
        }

        /// A global header applies to all following entries, so only comments are allowed.
        func addGlobal(_ body: [UInt8]) throws(InstallError) {
            guard let records = PaxRecords.read(body) else { throw .damaged("a pax header is invalid") }
            if let key = ["path", "linkpath", "size"].first(where: { records[$0] != nil }) {
                throw .damaged("a global pax header declares a '\(key)' for every entry")
            }
        }
    }
}
