import Foundation

/// Roost's only way to write and read JSON: snake_case, explicit nulls (`@Nullable`), sorted keys, unescaped slashes,
/// RFC 3339 times in UTC, and unknown fields refused in requests.
package enum JSON {
    package static func encode(_ value: some Encodable) throws -> Data {
        try encoder().encode(value)
    }

    /// Indented JSON for people.
    package static func pretty(_ value: some Encodable) throws -> Data {
        let encoder = encoder()
        encoder.outputFormatting.insert(.prettyPrinted)
        return try encoder.encode(value)
    }

    /// Accepts unknown fields, as a reader of a newer daemon's answers and of stored documents must.
    package static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from data: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            guard let date = Timestamp.parse(text) else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not an RFC 3339 time"))
            }
            return date
        }
        return try decoder.decode(type, from: data)
    }

    /// Reads a request: a field that `Body` does not have is an error that names it and the known ones.
    package static func request<Body: RequestBody>(_ type: Body.Type = Body.self, from data: Data) throws(Problem)
        -> Body
    {
        do {
            let data = data.isEmpty ? Data("{}".utf8) : data
            let fields = try JSONDecoder().decode([String: Ignored].self, from: data).keys
            let known = Body.CodingKeys.allCases.map { snakeCase($0.stringValue) }
            if let unknown = fields.sorted().first(where: { !known.contains($0) }) {
                throw Problem(
                    .bodyInvalid, "unknown field '\(unknown)'; known fields: \(known.sorted().joined(separator: ", "))")
            }
            let body = try decode(type, from: data)
            try body.check()
            return body
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.bodyInvalid, "invalid request body: \(error)")
        }
    }

    private static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(Timestamp.format(date))
        }
        return encoder
    }

    static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { text, letter in
            text += letter.isUppercase ? "_" + letter.lowercased() : String(letter)
        }
    }

    /// Any JSON value, ignored.
    private struct Ignored: Decodable {
        init(from decoder: any Decoder) throws {}
    }
}

/// A request's body: flat, with all its fields known by name.
package protocol RequestBody: Codable, Sendable {
    associatedtype CodingKeys: CodingKey, CaseIterable
    /// Checks that the values are within their bounds, as far as the request alone can tell.
    func check() throws(Problem)
}

extension RequestBody {
    package func check() throws(Problem) {}
}

/// A field that is written as `null` without a value, and read as null if it is missing.
@propertyWrapper
package struct Nullable<Value: Codable & Sendable>: Codable, Sendable {
    package var wrappedValue: Value?
    package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
    }
}

extension Nullable: Equatable where Value: Equatable {}

extension KeyedDecodingContainer {
    /// A missing field is null. Synthesized decoding finds this overload.
    package func decode<Value>(_ type: Nullable<Value>.Type, forKey key: Key) throws -> Nullable<Value> {
        try decodeIfPresent(type, forKey: key) ?? Nullable(wrappedValue: nil)
    }
}

/// A list that documents of older Roosts lack: a missing field is an empty list.
@propertyWrapper
package struct Listed<Element: Codable & Sendable & Equatable>: Codable, Equatable, Sendable {
    package var wrappedValue: [Element]
    package init(wrappedValue: [Element]) { self.wrappedValue = wrappedValue }

    package init(from decoder: any Decoder) throws {
        wrappedValue = try decoder.singleValueContainer().decode([Element].self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

extension KeyedDecodingContainer {
    package func decode<Element>(_ type: Listed<Element>.Type, forKey key: Key) throws -> Listed<Element> {
        try decodeIfPresent(type, forKey: key) ?? Listed(wrappedValue: [])
    }
}

/// RFC 3339 times in UTC with milliseconds: `2026-11-21T06:44:06.120Z`.
package enum Timestamp {
    package static func format(_ date: Date) -> String {
        // The style truncates fractions, and most milliseconds are no exact Double: each round trip of a time would
        // lose a millisecond. Half a millisecond more makes the style round.
        date.addingTimeInterval(0.0005)
            .formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true).dateSeparator(.dash))
            .appending("Z").replacingOccurrences(of: "ZZ", with: "Z")
    }

    package static func parse(_ text: String) -> Date? {
        // Both forms are valid RFC 3339, and a style takes only its own form. `try?` shows that the text has the
        // other form.
        let fractional = Date.ISO8601FormatStyle.iso8601.year().month().day().timeZone(separator: .omitted)
            .time(includingFractionalSeconds: true)
        guard let date = (try? Date(text, strategy: fractional)) ?? (try? Date(text, strategy: .iso8601)) else {
            return nil
        }
        // The nearest Double to the whole millisecond, so that a document is equal to itself after the store.
        return Date(timeIntervalSince1970: (date.timeIntervalSince1970 * 1000).rounded() / 1000)
    }
}
