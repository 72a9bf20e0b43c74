import Foundation

/// A value of MongoDB's documents, as far as Roost's own commands need them. Written and read as extended JSON (the
/// specification "MongoDB Extended JSON (v2)", relaxed form): types that JSON lacks are documents such as `{"$oid":
/// "…"}` there, and pass through unchanged.
enum BSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([BSONValue])
    case document(BSONDocument)
}

/// Fields in order: the first field names a command.
struct BSONDocument: Equatable, Sendable {
    struct Field: Equatable, Sendable {
        let name: String
        var value: BSONValue
    }

    var fields: [Field]

    init(_ fields: [Field] = []) {
        self.fields = fields
    }

    /// The first field of that name. Setting a missing field adds it at the end; setting nil removes it.
    subscript(name: String) -> BSONValue? {
        get { fields.first { $0.name == name }?.value }
        set {
            let place = fields.firstIndex { $0.name == name }
            switch (place, newValue) {
            case (let place?, let value?): fields[place].value = value
            case (let place?, nil): fields.remove(at: place)
            case (nil, let value?): fields.append(Field(name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension BSONValue {
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var items: [BSONValue]? { if case .array(let items) = self { items } else { nil } }
    var document: BSONDocument? { if case .document(let document) = self { document } else { nil } }
    /// A whole number, in whichever numeric type the server sent it.
    var number: Int64? {
        switch self {
        case .int(let number): number
        case .double(let number): Int64(exactly: number)
        case .null, .bool, .string, .array, .document: nil
        }
    }
    var isTrue: Bool { self == .bool(true) }
}

extension BSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral text: String) { self = .string(text) }
    init(integerLiteral number: Int64) { self = .int(number) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral items: BSONValue...) { self = .array(items) }
    init(dictionaryLiteral fields: (String, BSONValue)...) {
        self = .document(BSONDocument(fields.map { BSONDocument.Field(name: $0.0, value: $0.1) }))
    }
}

extension BSONDocument: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral fields: (String, BSONValue)...) {
        self.init(fields.map { Field(name: $0.0, value: $0.1) })
    }
}

// MARK: Extended JSON

extension BSONDocument {
    var json: String {
        "{" + fields.map { "\(BSONValue.quoted($0.name)):\($0.value.json)" }.joined(separator: ",") + "}"
    }

    /// Reads a document. The order of fields is lost: replies are read by name.
    init(json: String) throws {
        let value = try JSONDecoder().decode(BSONValue.self, from: Data(json.utf8))
        guard case .document(let document) = value else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no document"))
        }
        self = document
    }
}

extension BSONValue {
    var json: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let number): String(number)
        // A whole number keeps its decimal point, and so its type.
        case .double(let number): "\(number)"
        case .string(let text): Self.quoted(text)
        case .array(let items): "[" + items.map(\.json).joined(separator: ",") + "]"
        case .document(let document): document.json
        }
    }

    /// RFC 8259, section 7.
    static func quoted(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "\"") { result, scalar in
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{00}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                let code = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - code.count) + code
            default: result.unicodeScalars.append(scalar)
            }
        } + "\""
    }
}

extension BSONValue: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // All attempts but the last may fail: the type is found by trying.
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let number = try? container.decode(Int64.self) {
            self = .int(number)
        } else if let number = try? container.decode(Double.self) {
            self = .double(number)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let items = try? container.decode([BSONValue].self) {
            self = .array(items)
        } else {
            let fields = try container.decode([String: BSONValue].self)
            self = .document(
                BSONDocument(
                    fields.sorted { $0.key < $1.key }.map { BSONDocument.Field(name: $0.key, value: $0.value) }))
        }
    }
}
