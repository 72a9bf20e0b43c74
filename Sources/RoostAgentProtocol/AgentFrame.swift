import Foundation
import RoostModel

/// A call or an answer as bytes: a name, a body in JSON, and bytes that are carried as they are.
package struct AgentFrame: Equatable, Sendable {
    package static let answer = "answer"
    package static let problem = "problem"
    /// Limit of a whole frame, in bytes.
    package static let longest = 64 << 20

    package let name: String
    package let body: Data
    package let bulk: Data

    package init(_ name: String, body: Data, bulk: Data = Data()) {
        self.name = name
        self.body = body
        self.bulk = bulk
    }

    /// The name's length in one byte, the name, the body's length in four bytes (big-endian), the body, and the bulk.
    package var bytes: Data {
        let name = Data(name.utf8.prefix(255))
        var bytes = Data(capacity: 5 + name.count + body.count + bulk.count)
        bytes.append(UInt8(name.count))
        bytes.append(name)
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: body.count >> shift)) }
        bytes.append(body)
        bytes.append(bulk)
        return bytes
    }

    /// Nil if the bytes are no frame.
    package init?(_ bytes: Data) {
        guard bytes.count <= Self.longest, let length = bytes.first.map(Int.init), bytes.count >= 5 + length else {
            return nil
        }
        let start = bytes.startIndex + 1
        guard let name = String(validating: bytes[start..<(start + length)], as: UTF8.self) else { return nil }
        let count = bytes[(start + length)..<(start + length + 4)].reduce(0) { $0 << 8 | Int($1) }
        let body = start + length + 4
        guard count <= bytes.endIndex - body else { return nil }
        self.init(name, body: Data(bytes[body..<(body + count)]), bulk: Data(bytes[(body + count)...]))
    }
}
