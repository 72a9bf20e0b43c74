import Foundation

/// Puts an error of any type into a sentence for people; no other place does.
///
/// Roost's own errors describe themselves. Errors of the standard library, of Foundation and of packages have
/// descriptions for programmers (`handshakeFailed(NIOSSL.BoringSSLError…)`, `Error Domain=…`), so their case is put
/// into words.
enum ErrorSentence {
    static func of(_ error: any Error) -> String {
        switch error {
        case let error as DecodingError: return decoding(error)
        case let error as EncodingError: return encoding(error)
        case is CancellationError: return "it was cancelled"
        case let error as POSIXError: return systemText(error.code.rawValue)
        case let error as CocoaError: return file(error)
        default: break
        }
        if isOwn(error), let described = error as? any CustomStringConvertible { return described.description }
        return foreign(error)
    }

    /// The module that declares the error's type: `NIOSSL`.
    static func module(of error: any Error) -> String {
        String(String(reflecting: type(of: error)).prefix { $0 != "." })
    }

    private static func isOwn(_ error: any Error) -> Bool {
        let module = module(of: error)
        return module.hasPrefix("Roost") || module.hasPrefix("roost")
    }

    // MARK: The standard library and Foundation

    private static func decoding(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            return at(context.codingPath + [key], "is missing")
        case .typeMismatch(let type, let context): return at(context.codingPath, "must be \(kind(of: type))")
        case .valueNotFound(_, let context): return at(context.codingPath, "must not be null")
        case .dataCorrupted(let context): return at(context.codingPath, corrupted(context))
        @unknown default: return "it cannot be read"
        }
    }

    private static func encoding(_ error: EncodingError) -> String {
        switch error {
        case .invalidValue(_, let context): at(context.codingPath, "has a value that cannot be encoded")
        @unknown default: "it cannot be encoded"
        }
    }

    /// `field 'sources.api' must be text`
    private static func at(_ path: [any CodingKey], _ message: String) -> String {
        let names = path.map { key in key.intValue.map(String.init) ?? JSON.snakeCase(key.stringValue) }
        return names.isEmpty ? "it \(message)" : "field '\(names.joined(separator: "."))' \(message)"
    }

    private static func kind(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is any Collection.Type where String(describing: type).hasPrefix("Dictionary"): "an object"
        case is any Collection.Type: "a list"
        default: "of another kind"
        }
    }

    private static func corrupted(_ context: DecodingError.Context) -> String {
        let text = context.debugDescription
        // Swift's text for a RawRepresentable that refused its raw value.
        if let match = text.firstMatch(of: /^Cannot initialize \w+ from invalid \w+ value (.*)$/) {
            return "does not accept '\(match.1)'"
        }
        if text.contains("does not fit in") { return "is a number that is too large or not whole" }
        if context.codingPath.isEmpty, context.underlyingError != nil || text.contains("not valid JSON") {
            return "is not valid JSON"
        }
        return "is invalid: \(text)"
    }

    private static func file(_ error: CocoaError) -> String {
        let path =
            error.userInfo[NSFilePathErrorKey] as? String
            ?? (error.userInfo[NSURLErrorKey] as? URL)?.path(percentEncoded: false)
        let reason =
            switch error.code {
            case .fileNoSuchFile, .fileReadNoSuchFile: systemText(ENOENT)
            case .fileReadNoPermission, .fileWriteNoPermission: systemText(EACCES)
            case .fileWriteOutOfSpace: systemText(ENOSPC)
            case .fileWriteFileExists: systemText(EEXIST)
            case .fileWriteVolumeReadOnly: systemText(EROFS)
            default: underlying(error) ?? "it is invalid"
            }
        return path.map { "\($0): \(reason)" } ?? reason
    }

    private static func underlying(_ error: CocoaError) -> String? {
        guard let beneath = error.userInfo[NSUnderlyingErrorKey] as? NSError, beneath.domain == NSPOSIXErrorDomain
        else { return nil }
        return systemText(Int32(truncatingIfNeeded: beneath.code))
    }

    private static func systemText(_ number: Int32) -> String { String(cString: strerror(number)) }

    // MARK: Packages

    private static func foreign(_ error: any Error) -> String {
        let module = module(of: error)
        // An NSError describes itself as `Error Domain=… Code=…`.
        if module == "Foundation" || module == "__C" {
            return "the system refused (\(String(describing: type(of: error))))"
        }
        let text = described(error)
        guard let text, !looksLikeSwift(text) else { return "\(module) reports: \(words(of: error))" }
        return text
    }

    private static func described(_ error: any Error) -> String? {
        guard Mirror(reflecting: error).displayStyle != .enum,
            let text = (error as? any CustomStringConvertible)?.description
        else { return nil }
        // GRDB adds the statement, which may hold secrets or user data.
        return text.components(separatedBy: " - while executing").first
    }

    /// `HTTPClientError.connectTimeout`, `Problem(code: …)`, `[error:1000… at /path/ssl.cc:120]`
    private static func looksLikeSwift(_ text: String) -> Bool {
        text.contains(/^\w+(\.\w+)+$|\w\([\w ]+: |\w\(\w+\.|[A-Za-z]\w*\.[A-Z]\w*\(|Error Domain=|\.(cc|swift|c):\d/)
    }

    /// The error's case in words: `handshake failed`, `connect timeout`.
    private static func words(of error: any Error) -> String {
        let mirror = Mirror(reflecting: error)
        if mirror.displayStyle == .enum {
            guard let payload = mirror.children.first else { return words(String(describing: error)) }
            let own = words(payload.label ?? String(describing: type(of: error)))
            guard let inner = payload.value as? any Error else { return own }
            return "\(own) (\(words(of: inner)))"
        }
        // Structures may be described by the path of their case.
        if let text = (error as? any CustomStringConvertible)?.description,
            let last = text.firstMatch(of: /^\w+(?:\.\w+)*\.(\w+)$/)
        {
            return words(String(last.1))
        }
        return words(String(describing: type(of: error)))
    }

    /// `remoteConnectionClosed` → `remote connection closed`; `TLSError` → `TLS error`.
    private static func words(_ name: String) -> String {
        var words = ""
        let letters = Array(name)
        for (index, letter) in letters.enumerated() {
            let next = letters.indices.contains(index + 1) ? letters[index + 1] : nil
            let before = index > 0 ? letters[index - 1] : nil
            let begins =
                letter.isUppercase
                && (before?.isLowercase == true || before?.isUppercase == true && next?.isLowercase == true)
            if begins { words += " " }
            let isAcronym = letter.isUppercase && (next?.isUppercase == true || before?.isUppercase == true && !begins)
            words += isAcronym ? String(letter) : letter.lowercased()
        }
        return words
    }
}

extension Error {
    /// Sentence for people that tells the error; never the text that Swift would print of the value.
    package var sentence: String { ErrorSentence.of(self) }

    /// The module that the error's type comes from.
    package var module: String { ErrorSentence.module(of: self) }
}

extension DefaultStringInterpolation {
    /// `"\(error)"` is the error's sentence, whatever its type. Swift prefers this overload to its own, which is
    /// generic.
    ///
    /// Every file that interpolates an error imports RoostModel; a test checks that.
    package mutating func appendInterpolation(_ error: any Error) {
        appendLiteral(ErrorSentence.of(error))
    }
}
