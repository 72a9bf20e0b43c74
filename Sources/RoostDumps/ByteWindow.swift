import Glibc

/// A sliding window over the bytes of a dump: filled at the end from a descriptor, consumed from the front.
///
/// Not thread-safe: the thread of one load owns it.
package final class ByteWindow {
    /// The longest statement that any server accepts, in bytes.
    package static let mostOfAny = 1 << 30
    private static let piece = 1 << 18

    private let longest: Int

    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var start = 0
    private var end = 0
    package private(set) var isAtEnd = false
    /// All bytes read so far.
    package private(set) var total: Int64 = 0

    /// `longest`: the size limit of a statement, comment or row, in bytes.
    package init(longest: Int = ByteWindow.mostOfAny) {
        self.longest = max(longest, Self.piece) + 4 * Self.piece
        capacity = Self.piece * 4
        base = .allocate(capacity: capacity)
    }

    deinit { base.deallocate() }

    package var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base + start, count: end - start) }

    package func drop(_ count: Int) { start += min(count, end - start) }

    /// Reads further bytes. Throws `tooLong` if the window has no room for more.
    package func fill(from descriptor: Int32) throws(WindowFault) {
        if start > 0, capacity - end <= Self.piece {
            memmove(base, base + start, end - start)
            (start, end) = (0, end - start)
        }
        // The byte behind the last stays free for `terminated`.
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

    /// Passes a part of the window as a null-terminated text, as C expects it, and restores the byte behind it.
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
    /// A statement or a row is longer than the window may be.
    case tooLong
    case unreadable(Int32)

    package var description: String {
        switch self {
        case .tooLong: "a statement or row of the dump is longer than any server accepts"
        case .unreadable(let number): "the dump could not be read: errno \(number)"
        }
    }
}
