import Glibc

/// The bytes of a dump that are being looked at: filled at the end from a descriptor, used up from the front.
///
/// Not safe for use by two threads at once: the thread of one load has it alone.
package final class ByteWindow {
    /// The longest statement that any server takes.
    package static let mostOfAny = 1 << 30
    private static let piece = 1 << 18

    private let longest: Int

    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var start = 0
    private var end = 0
    package private(set) var isAtEnd = false
    /// All that came until now.
    package private(set) var total: Int64 = 0

    /// `longest`: of one statement, comment or row.
    package init(longest: Int = ByteWindow.mostOfAny) {
        self.longest = max(longest, Self.piece) + 4 * Self.piece
        capacity = Self.piece * 4
        base = .allocate(capacity: capacity)
    }

    deinit { base.deallocate() }

    package var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base + start, count: end - start) }

    package func drop(_ count: Int) { start += min(count, end - start) }

    /// Reads on. False: there is no room for more.
    package func fill(from descriptor: Int32) throws(WindowFault) {
        if start > 0, capacity - end <= Self.piece {
            memmove(base, base + start, end - start)
            (start, end) = (0, end - start)
        }
        // One byte stays free behind the last.
        if capacity - end <= Self.piece {
            guard capacity < longest else { throw .tooLong }
            let larger = min(capacity * 2, longest + Self.piece + 1)
            let other = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
            memcpy(other, base, end)
            base.deallocate()
            (base, capacity) = (other, larger)
        }
        while true {
            let count = read(descriptor, base + end, min(Self.piece, capacity - end - 1))
            if count > 0 {
                end += count
                total += Int64(count)
                return
            }
            guard count == 0 || errno == EINTR else { throw .unreadable(errno) }
            if count == 0 {
                isAtEnd = true
                return
            }
        }
    }

    /// Hands over a part of the window as a text that ends with a zero, as C wants it, and puts it back.
    package func terminated<Value, Fault: Error>(
        _ range: Range<Int>, _ body: (UnsafePointer<UInt8>, Int) throws(Fault) -> Value
    ) throws(Fault) -> Value {
        let last = base + start + range.upperBound
        let kept = last.pointee
        last.pointee = 0
        defer { last.pointee = kept }
        return try body(base + start + range.lowerBound, range.count)
    }
}

package enum WindowFault: Error, CustomStringConvertible {
    /// One statement, or one row, is longer than the window may be.
    case tooLong
    case unreadable(Int32)

    package var description: String {
        switch self {
        case .tooLong: "a statement or a row of the dump is longer than any server takes"
        case .unreadable(let number): "the dump could not be read: errno \(number)"
        }
    }
}
