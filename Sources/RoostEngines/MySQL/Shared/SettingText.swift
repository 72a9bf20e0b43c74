/// Names and values of settings as text. Pure.
enum SettingText {
    /// The engines treat `-` and `_` in a name alike.
    static func normalised(_ name: String) -> String { name.replacing("-", with: "_") }

    /// `loose_feedback` → `feedback`
    static func plain(_ option: String) -> String {
        option.hasPrefix("loose_") ? String(option.dropFirst("loose_".count)) : option
    }

    static func printable(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) })
    }

    /// The SQL forms of a value, likeliest first: a number, with its unit multiplied out, before a string.
    static func literals(_ value: String) -> [String] {
        let text = SQLText.literal(value)
        guard let last = value.last, value.first?.isNumber == true || value.first == "-" else { return [text] }
        if Int64(value) != nil || UInt64(value) != nil { return [value, text] }
        if value.wholeMatch(of: /-?[0-9]+\.[0-9]+/) != nil { return [value, text] }
        let shifts: [Character: UInt64] = ["k": 10, "m": 20, "g": 30, "t": 40, "p": 50, "e": 60]
        guard let shift = shifts[Character(last.lowercased())], let number = UInt64(value.dropLast()) else {
            return [text]
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        return overflow ? [text] : [String(bytes), text]
    }
}
