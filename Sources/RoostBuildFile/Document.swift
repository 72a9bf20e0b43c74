import RoostModel

/// A value of the file: text, a list or a map, with the line it begins on. Scalars are kept as they were written, so
/// that version `10.10` does not become 10.1.
struct Value {
    indirect enum Content {
        case nothing
        /// A value with an error that was reported already; no further error is reported.
        case refused
        /// `quoted` tells `"200"` from `200`.
        case text(String, quoted: Bool)
        case list([Value])
        case map([Entry])
    }

    let line: Int
    let content: Content

    /// Kind for messages: `expected a map, found a list`.
    var kind: String {
        switch content {
        case .nothing, .refused: "nothing"
        case .text: "text"
        case .list: "a list"
        case .map: "a map"
        }
    }
}

/// A key of a map with its value.
struct Entry {
    let key: String
    let line: Int
    let value: Value
}
