import Foundation
import Hummingbird
import RoostModel

/// A request's query items, each known to its route and given once.
struct Query: Sendable {
    private let items: [String: String]

    init(_ request: Request, known: [String]) throws(Problem) {
        var items: [String: String] = [:]
        for (key, value) in request.uri.queryParameters {
            let key = String(key)
            guard known.contains(key) else {
                let choice = known.isEmpty ? "this request has none" : "known items: \(known.joined(separator: ", "))"
                throw Problem(.usage, "unknown query item '\(key.prefix(80))'; \(choice)")
            }
            guard items.updateValue(String(value), forKey: key) == nil else {
                throw Problem(.usage, "query item '\(key)' is given twice")
            }
        }
        self.items = items
    }

    /// Nil when the item is missing or empty.
    func text(_ name: String) -> String? { items[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// False when the item is missing; true when it has no value.
    func flag(_ name: String) throws(Problem) -> Bool { try flag(name, default: false) }

    func flag(_ name: String, default preset: Bool) throws(Problem) -> Bool {
        switch items[name] {
        case nil: return preset
        case "", "true", "1": return true
        case "false", "0": return false
        case let other?: throw Problem(.usage, "query item '\(name)' must be true or false, not '\(other.prefix(80))'")
        }
    }

    func number(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = text(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            let bound = range.upperBound == .max ? "or more" : "to \(range.upperBound)"
            throw Problem(
                .usage, "query item '\(name)' must be a number, \(range.lowerBound) \(bound), not '\(text.prefix(80))'")
        }
        return number
    }

    func choice<Value: RawRepresentable & CaseIterable>(_ name: String) throws(Problem) -> Value?
    where Value.RawValue == String {
        guard let text = text(name) else { return nil }
        guard let value = Value(rawValue: text) else {
            let all = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.usage, "query item '\(name)' must be one of \(all), not '\(text.prefix(80))'")
        }
        return value
    }
}
