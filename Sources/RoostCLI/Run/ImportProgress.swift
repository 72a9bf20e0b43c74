import RoostModel

/// The progress line of an import: `  62% ▕██████▏  62M of 100M  31M/s  1.2 s left`.
package struct ImportProgress {
    private let total: Int64
    private let width: Int
    package private(set) var isShown = false

    package init(total: Int64, width: Int) {
        self.total = max(total, 1)
        self.width = width
    }

    /// The line that replaces the previous one; empty in the first 200 ms, in which it would only flash.
    package mutating func line(offset: Int64, elapsed: Duration) -> String {
        guard isShown || elapsed > .milliseconds(200) else { return "" }
        isShown = true
        let done = min(max(offset, 0), total)
        let share = Double(done) / Double(total)
        let seconds = max(elapsed / .seconds(1), 0.001)
        let rate = Double(done) / seconds
        var text = "\(ByteCount(bytes: done).rounded) of \(ByteCount(bytes: total).rounded)"
        text += "  \(ByteCount(bytes: Int64(rate)).rounded)/s"
        if done == total {
            text += "  \(elapsed.rounded)"
        } else if rate > 0 {
            text += "  \(Duration.seconds(Double(total - done) / rate).rounded) left"
        }
        let percent = String(Int(share * 100))
        let head = String(repeating: " ", count: 3 - percent.count) + percent + "%"
        // The last column stays free: a full line would wrap and could not be replaced by the next.
        let room = min(width - 1 - head.count - text.count - 6, 40)
        let filled = Int(share * Double(max(room, 0)))
        let bar =
            room < 5
            ? "" : "▕" + String(repeating: "█", count: filled) + String(repeating: " ", count: room - filled) + "▏ "
        return "\r\(head) \(bar)\(text)\u{1b}[K"
    }
}
