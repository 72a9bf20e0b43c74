import RoostModel

/// Random texts, from the system's cryptographic generator.
package enum Passwords {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")

    /// A password of 24 letters and digits, 142 bits: safe in URLs, option files, shells and SQL without quoting.
    package static func generate() -> String {
        alphanumeric(24)
    }

    /// A random name of two lower-case hexadecimal digits a byte.
    package static func identifier(bytes: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<bytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }.hexadecimal
    }

    /// A random text of letters and digits. All characters are equally likely: `random(in:)` rejects biased values.
    static func alphanumeric(_ length: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return String((0..<length).map { _ in letters[Int.random(in: letters.indices, using: &generator)] })
    }
}
