import RoostModel

extension Program {
    /// The client that the daemon offers, as a program of the caller's: its files under `folder`, its programs first
    /// in the path, everything else of the caller's environment as it is. Pure.
    /// `typed` are the caller's own words, which are passed on letter by letter.
    package init(
        _ offer: ClientOffer, typed: [String], files folder: String, environment: [String: String]
    ) throws(Problem) {
        let filled = { (text: String) in text.replacing("{files}", with: folder) }
        guard let program = offer.arguments.first, !program.isEmpty else {
            throw Problem(.failed, "the daemon offered a client without a program")
        }
        var environment = environment.merging(offer.environment.mapValues(filled)) { _, offered in
            offered
        }
        let path = offer.path + [environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"]
        environment["PATH"] = path.joined(separator: ":")
        let texts = offer.arguments + environment.flatMap { [$0.key, $0.value] }
        guard !texts.contains(where: { $0.contains("\0") }), !environment.keys.contains(where: { $0.contains("=") })
        else {
            throw Problem(.failed, "the daemon offered a client whose arguments cannot be passed on")
        }
        let arguments = offer.arguments.map { typed.contains($0) ? $0 : filled($0) }
        self.init(arguments: arguments, environment: environment, showsProgress: true)
    }
}
