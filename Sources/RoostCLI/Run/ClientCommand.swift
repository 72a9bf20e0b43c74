import Glibc
import RoostModel

extension Program {
    /// The program of a client offer, for the caller: its files are under `folder`, its programs come first in
    /// `PATH`, variables that would redirect the client are removed, and the rest of the caller's environment is
    /// kept. Pure. `typed` are the caller's own words, which are passed on verbatim.
    package init(
        _ offer: ClientOffer, typed: [String], files folder: RunFolder?, environment: [String: String]
    ) throws(Problem) {
        let filled = { (text: String) in text.replacing("{files}", with: folder?.path ?? "") }
        guard let program = offer.arguments.first, !program.isEmpty else {
            throw Problem(.failed, "the daemon sent a client without a program")
        }
        var environment = offer.environment(over: environment, files: folder?.path ?? "")
        let path = offer.path.map(filled) + [environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"]
        environment["PATH"] = path.joined(separator: ":")
        let texts = offer.arguments + environment.flatMap { [$0.key, $0.value] }
        guard !texts.contains(where: { $0.contains("\0") }), !environment.keys.contains(where: { $0.contains("=") })
        else {
            throw Problem(.failed, "the daemon sent client arguments that cannot be passed on")
        }
        let arguments = offer.arguments.map { typed.contains($0) ? $0 : filled($0) }
        self.init(arguments: arguments, environment: environment, showsProgress: true, folder: folder)
    }
}

extension Session {
    /// Writes the files of an offer and makes the program of it.
    func program(_ offer: ClientOffer, typed: [String], for name: String) throws(Problem) -> Program {
        // A script for a program that is missing here would only hide that.
        let path = (caller.environment["PATH"] ?? "") + ":" + offer.path.joined(separator: ":")
        let files = offer.files.filter { name, content in
            !content.hasPrefix("#!")
                || path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
        }
        let folder = files.isEmpty ? nil : try ClientFiles(for: caller).write(files, for: name)
        do throws(Problem) {
            return try Program(offer, typed: typed, files: folder, environment: caller.environment)
        } catch {
            folder?.remove()
            throw error
        }
    }

    /// The client offer request of a command: a client that reads a file or a pipe ends at the first error.
    func offerRequest(_ command: [String], instance: Int?) -> ClientOfferRequest {
        ClientOfferRequest(
            arguments: command, instance: instance, endsAtFirstError: caller.inputIsTerminal ? nil : true)
    }
}
