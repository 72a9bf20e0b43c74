import Foundation

/// The body of a request to make a database. Only the database's lifetime is read.
///
/// Scripts send a form, multipart data, or JSON. `curl -d '{"ttl":60}'` labels its JSON as a form, so the text
/// decides.
enum MyaasForm {
    struct BadTime: Error, Equatable, CustomStringConvertible {
        let text: String
        var description: String { "'\(text)' is not a number of seconds" }
    }

    /// Lifetime in seconds; 0: unlimited. Nil if the body has no lifetime.
    static func timeToLive(in body: Data, contentType: String?) throws(BadTime) -> Double? {
        let text = String(decoding: body, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        let found: String?
        if let boundary = boundary(in: contentType ?? "") {
            found = field("ttl", in: text, between: boundary)
        } else if text.hasPrefix("{") {
            found = (try? JSONDecoder().decode(Document.self, from: Data(text.utf8)))?.ttl?.text
        } else {
            found = FormField.first("ttl", in: text)
        }
        guard let found = found?.trimmingCharacters(in: .whitespaces), !found.isEmpty else { return nil }
        guard let seconds = Double(found), seconds.isFinite else { throw BadTime(text: String(found.prefix(80))) }
        // myaas takes whole seconds, and treats values below zero as unlimited.
        return max(0, seconds.rounded(.towardZero))
    }

    private struct Document: Decodable { let ttl: Value? }

    private enum Value: Decodable {
        case text(String)
        case number(Double)
        case nothing

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .nothing
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        var text: String? {
            switch self {
            case .text(let text): text
            case .number(let number): "\(number)"
            case .nothing: nil
            }
        }
    }

    /// The boundary of `multipart/form-data; boundary=…` (RFC 7578); nil for other content types.
    private static func boundary(in contentType: String) -> String? {
        let parts = contentType.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        guard parts.first?.lowercased() == "multipart/form-data" else { return nil }
        let item = parts.first { $0.lowercased().hasPrefix("boundary=") }
        return item.map { $0.dropFirst("boundary=".count).trimmingCharacters(in: CharacterSet(charactersIn: "\"")) }
    }

    private static func field(_ name: String, in text: String, between boundary: String) -> String? {
        for part in text.replacing("\r\n", with: "\n").split(separator: "--\(boundary)") {
            let halves = part.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, halves[0].contains("name=\"\(name)\"") || halves[0].contains("name=\(name)\n")
            else {
                continue
            }
            return halves[1].trimmingCharacters(in: .whitespacesAndNewlines)
        }
        return nil
    }
}
