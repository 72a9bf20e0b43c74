/// The header of a program or a library (System V ABI, ELF-64, little-endian). Pure except for reading its bytes.
struct ELFFile: Equatable, Sendable {
    /// The architecture by the ABI's number, with a text for people.
    let machine: Machine
    /// The loader through which the kernel starts the program. Nil for a library or a statically linked program.
    let interpreter: String?
    /// The libraries that the file needs.
    let needed: [String]
    let hasDebugSections: Bool

    struct Machine: Equatable, Sendable, CustomStringConvertible {
        let number: UInt16
        let is64Bit: Bool
        let isLittleEndian: Bool

        static let own: Machine = {
            #if arch(x86_64)
                Machine(number: 62, is64Bit: true, isLittleEndian: true)
            #elseif arch(arm64)
                Machine(number: 183, is64Bit: true, isLittleEndian: true)
            #else
                #error("which ELF machine is this?")
            #endif
        }()

        var description: String {
            let names: [UInt16: String] = [
                3: "x86 (32 bit)", 8: "MIPS", 20: "PowerPC", 21: "PowerPC64", 22: "s390x", 40: "ARM (32 bit)",
                62: "x86-64", 183: "ARM64 (aarch64)", 243: "RISC-V", 258: "LoongArch",
            ]
            return (names[number] ?? "machine type \(number)") + (number == 62 && !is64Bit ? " (x32)" : "")
        }
    }

    /// Nil if the file is not an ELF file or is inconsistent.
    static func read(_ path: String) -> ELFFile? {
        guard let file = FileBytes(path) else { return nil }
        return read { file.bytes(at: $0, count: $1) }
    }

    static func read(_ bytes: (Int64, Int) -> [UInt8]) -> ELFFile? {
        let header = bytes(0, 64)
        guard header.count == 64, header.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { return nil }
        let isLittleEndian = header[5] == 1
        let number = UInt16(header[18]) | UInt16(header[19]) << 8
        let machine = Machine(
            number: isLittleEndian ? number : number.byteSwapped, is64Bit: header[4] == 2,
            isLittleEndian: isLittleEndian)
        // Of a file for another architecture, nothing else is read.
        guard machine == .own else {
            return ELFFile(machine: machine, interpreter: nil, needed: [], hasDebugSections: false)
        }
        return withoutActuallyEscaping(bytes) { Reader(header: header, bytes: $0).file(machine) }
    }
}

extension ELFFile {
    private struct Reader {
        struct Segment {
            let type: UInt32
            let offset: Int64
            let address: UInt64
            let size: UInt64
        }

        let header: [UInt8]
        let bytes: (Int64, Int) -> [UInt8]

        private static let mostSegments = 128
        private static let mostSections = 4096
        private static let longestName = 512

        func file(_ machine: Machine) -> ELFFile? {
            guard let segments = segments() else { return nil }
            let interpreter = segments.first { $0.type == 3 }.flatMap { string(at: $0.offset) }
            return ELFFile(
                machine: machine, interpreter: interpreter, needed: needed(segments),
                hasDebugSections: hasDebugSections())
        }

        private func segments() -> [Segment]? {
            let count = Int(number(header, 56, 2))
            guard count <= Self.mostSegments, number(header, 54, 2) == 56 || count == 0 else { return nil }
            let table = bytes(Int64(clamping: number(header, 32, 8)), count * 56)
            guard table.count == count * 56 else { return nil }
            return (0..<count).map { index in
                let at = index * 56
                return Segment(
                    type: UInt32(number(table, at, 4)), offset: Int64(clamping: number(table, at + 8, 8)),
                    address: number(table, at + 16, 8), size: number(table, at + 32, 8))
            }
        }

        private func needed(_ segments: [Segment]) -> [String] {
            guard let dynamic = segments.first(where: { $0.type == 2 }) else { return [] }
            let table = bytes(dynamic.offset, min(Int(clamping: dynamic.size), 64 << 10))
            var offsets: [UInt64] = []
            var strings: UInt64?
            for at in stride(from: 0, to: table.count - 15, by: 16) {
                switch number(table, at, 8) {
                case 0: break
                case 1: offsets.append(number(table, at + 8, 8))
                case 5: strings = number(table, at + 8, 8)
                default: continue
                }
            }
            guard let strings, let start = place(of: strings, segments) else { return [] }
            return offsets.compactMap { $0 < 1 << 40 ? string(at: start + Int64($0)) : nil }
        }

        /// The file offset of a virtual address.
        private func place(of address: UInt64, _ segments: [Segment]) -> Int64? {
            let holder = segments.first {
                $0.type == 1 && $0.address <= address && address - $0.address < $0.size
            }
            return holder.map { $0.offset &+ Int64(clamping: address - $0.address) }
        }

        private func hasDebugSections() -> Bool {
            let count = Int(number(header, 60, 2))
            let names = Int(number(header, 62, 2))
            guard count > 0, count <= Self.mostSections, names < count, number(header, 58, 2) == 64 else {
                return false
            }
            let table = bytes(Int64(clamping: number(header, 40, 8)), count * 64)
            guard table.count == count * 64 else { return false }
            let start = Int64(clamping: number(table, names * 64 + 24, 8))
            return (0..<count).contains { index in
                let name = string(at: start &+ Int64(number(table, index * 64, 4))) ?? ""
                return name.hasPrefix(".debug_") || name.hasPrefix(".zdebug_")
            }
        }

        private func string(at offset: Int64) -> String? {
            let field = bytes(offset, Self.longestName).prefix { $0 != 0 }
            guard !field.isEmpty, field.count < Self.longestName else { return nil }
            return String(validating: field, as: UTF8.self)
        }

        private func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> UInt64 {
            guard at + count <= bytes.count else { return 0 }
            return bytes[at..<at + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
