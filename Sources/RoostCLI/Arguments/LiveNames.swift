import ArgumentParser
import RoostModel

/// Shell completion with live names. Silent and quick when the daemon is away, because a shell waits for it.
enum LiveNames {
    static let applications = CompletionKind.custom { words, _, _ in
        await ask(words) { (client, _) throws(Problem) in
            try await client.applications(within: patience).map(\.name)
        }
    }

    static let services = CompletionKind.custom { words, _, _ in
        await known(words) { application in application.services.map(\.service) }
    }

    /// Services and their instances.
    static let targets = CompletionKind.custom { words, _, _ in
        await known(words) { application in
            application.services.flatMap { [$0.service] + $0.instances.map(\.name) }
        }
    }

    /// Services, their instances, and clones.
    static let places = CompletionKind.custom { words, _, _ in
        await ask(words) { (client, application) throws(Problem) in
            // An application's token may be refused one of the lists; the other is still useful.
            let clones = (try? await client.clones().map(\.name)) ?? []
            let all = (try? await client.applications(within: patience)) ?? []
            let own = all.first { $0.name == application?.rawValue }
            return (own?.services.flatMap { [$0.service] + $0.instances.map(\.name) } ?? []) + clones
        }
    }

    static let operations = CompletionKind.custom { words, _, _ in
        await ask(words) { (client, application) throws(Problem) in
            try await client.operations(application, all: false).map(\.id)
        }
    }

    static let scaleChanges = CompletionKind.custom { words, _, _ in
        await known(words) { application in
            application.services.flatMap { service in
                ["memory", "cpus", "instances"].map { "\(service.service):\($0)=" }
            }
        }
    }

    /// Added engines only: Roost does not remove the system's own.
    static let engines = CompletionKind.custom { words, _, _ in
        await ask(words) { (client, _) throws(Problem) in
            try await client.engines().filter { $0.addedAt != nil }.map(\.engine)
        }
    }

    static let tokens = CompletionKind.custom { words, _, _ in
        await ask(words) { (client, _) throws(Problem) in try await client.tokens().map(\.name) }
    }

    /// Snapshots of every service, also of destroyed ones.
    static let snapshots = CompletionKind.custom { words, _, _ in
        await ask(words) { (client, _) throws(Problem) in try await client.snapshots(nil).map(\.id) }
    }

    static let clones = CompletionKind.custom { words, _, _ in
        await ask(words) { (client, _) throws(Problem) in try await client.clones().map(\.name) }
    }

    static let templates = CompletionKind.custom { words, _, _ in
        await ask(words) { (client, _) throws(Problem) in try await client.templates().map(\.name) }
    }

    /// Templates, and the application's services.
    static let cloneSources = CompletionKind.custom { words, _, _ in
        await ask(words) { (client, application) throws(Problem) in
            let own = try await client.applications(within: patience).first { $0.name == application?.rawValue }
            // An application's token may not list templates, but may clone its services.
            let templates = (try? await client.templates().map(\.name)) ?? []
            return templates + (own?.services.map(\.service) ?? [])
        }
    }

    /// `ramen/data`, and bare names for the application's own services.
    static let liveServices = CompletionKind.custom { words, _, _ in
        await ask(words) { (client, application) throws(Problem) in
            try await client.applications(within: patience).flatMap { owner in
                let full = owner.services.map { "\(owner.name)/\($0.service)" }
                return owner.name == application?.rawValue ? owner.services.map(\.service) + full : full
            }
        }
    }

    /// Users of the service that precedes on the line.
    static let users = CompletionKind.custom { words, _, _ in
        await ask(words) { (client, application) throws(Problem) in
            let own = try await client.applications(within: patience).first { $0.name == application?.rawValue }
            guard let application,
                let service = own?.services.first(where: { words.contains($0.service) }),
                let name = ServiceName(rawValue: service.service)
            else { return [] }
            return try await client.users(ServiceID(application, name)).map(\.name)
        }
    }

    private static let patience = Duration.seconds(1)

    private static func known(_ words: [String], _ names: (ApplicationInfo) -> [String]) async -> [String] {
        await ask(words) { (client, application) throws(Problem) in
            guard let application else { return [] }
            let all = try await client.applications(within: patience)
            return all.first { $0.name == application.rawValue }.map(names) ?? []
        }
    }

    private static func ask(
        _ words: [String], _ names: (RoostClient, ApplicationName?) async throws(Problem) -> [String]
    ) async -> [String] {
        let caller = Caller.process()
        do {
            let session = try Session(options(in: words), caller: caller, output: Output(caller: caller, json: false))
            let names = (try? await names(session.client, session.settings.application)) ?? []
            await session.client.close()
            return names
        } catch {
            // Completion has no place for errors; the command itself reports them.
            return []
        }
    }

    /// Reads the options that select daemon and application from an unfinished line.
    static func options(in words: [String]) -> Options {
        var options = Options()
        let value = { (names: [String]) -> String? in
            for (index, word) in words.enumerated() {
                if names.contains(word), words.indices.contains(index + 1) { return words[index + 1] }
                if let name = names.first(where: { word.hasPrefix("\($0)=") }) {
                    return String(word.dropFirst(name.count + 1))
                }
            }
            return nil
        }
        options.url = value(["--url"])
        options.home = value(["--home"])
        options.application = value(["-A", "--application"]).flatMap { ApplicationName(rawValue: $0) }
        return options
    }
}
