import RoostModel

/// The changes of a push, a scaling or a destruction, as lines of text.
enum ChangeText {
    static func lines(_ answer: PushAnswer, _ style: Style) -> String {
        var text = ""
        for change in answer.changes {
            switch change.kind {
            case .create: text += style.paint("+ \(change.service)", .green) + fields(change) + "\n"
            case .change: text += style.paint("~ \(change.service)", .yellow) + fields(change) + "\n"
            case .none: text += "  \(change.service): unchanged\n"
            }
        }
        return answer.notes.reduce(text) { $0 + "note: \($1.printable)\n" }
    }

    static func lines(_ answer: DestroyAnswer, keep: Bool) -> String {
        answer.services.reduce(into: "") { text, service in
            let kept =
                answer.snapshots[service].map { "kept as snapshot \($0) for 7 days" }
                ?? (keep ? "a final snapshot is kept for 7 days" : "no snapshot is kept")
            text += "- \(service): \(kept)\n"
        }
    }

    private static func fields(_ change: ServiceChange) -> String {
        change.fields.reduce(into: change.fields.isEmpty ? "" : ":") { text, field in
            let from = field.from.map { "\($0) → " } ?? ""
            text += "  \(field.key) \(from)\(field.to ?? "default")".printable
        }
    }
}
