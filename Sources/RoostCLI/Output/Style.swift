/// Colour and weight for terminals; plain text elsewhere.
package struct Style: Sendable {
    package enum Colour: String, Sendable {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case grey = "90"
    }

    package static let plain = Style(isOn: false)
    package let isOn: Bool
    /// The terminal's columns, to which tables are cut; nil if there is no terminal and nothing is cut.
    package let width: Int?

    package init(isOn: Bool, width: Int? = nil) {
        self.isOn = isOn
        self.width = width
    }

    /// <https://no-color.org>: any value that is not empty switches colour off.
    package init(_ stream: Caller.Stream, of caller: Caller) {
        let isTerminal =
            switch stream {
            case .output: caller.outputIsTerminal
            case .error: caller.errorIsTerminal
            }
        switch stream {
        case .output: width = isTerminal ? caller.outputWidth : nil
        case .error: width = isTerminal ? caller.errorWidth : nil
        }
        isOn = isTerminal && caller.variable("NO_COLOR") == nil && caller.variable("TERM") != "dumb"
    }

    package func bold(_ text: String) -> String { isOn ? "\u{1b}[1m\(text)\u{1b}[0m" : text }
    package func paint(_ text: String, _ colour: Colour?) -> String {
        guard isOn, let colour else { return text }
        return "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m"
    }
}
