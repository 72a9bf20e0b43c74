import Foundation

/// A field of a form (`application/x-www-form-urlencoded`).
enum FormField {
    /// The first field of that name; nil if there is none. Other fields may be malformed.
    static func first(_ name: String, in form: String) -> String? {
        // A plus sign is a space in forms, and itself in the queries that Foundation reads.
        let items = URLComponents(string: "?" + form.replacing("+", with: "%20"))?.queryItems ?? []
        return items.first { $0.name == name }.map { $0.value ?? "" }
    }
}
