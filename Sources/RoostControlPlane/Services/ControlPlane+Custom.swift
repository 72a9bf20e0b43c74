import Crypto
import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets
import RoostStore

/// A custom service that a push makes or changes, with the artifact that it is to run.
struct CustomRelease: Sendable {
    let id: ServiceID
    let settings: ServiceSettings
    let custom: CustomSettings
    let image: ContentDigest
    let source: ContentDigest
    /// The existing service. Nil if the push creates it.
    let standing: Service?

    var build: BuildOrder {
        BuildOrder(
            instance: InstanceID(id, 0), settings: custom, source: source, image: image, memory: settings.memory)
    }

    var changesImage: Bool { standing.map { $0.settings.custom?.image != image } ?? false }
}

/// Port numbers given to new ports before their service's document has them.
typealias ReservedPorts = [ServiceName: [ServicePort]]

extension ControlPlane {
    package func storeSource(
        _ name: ApplicationName, _ digest: ContentDigest, next: @Sendable () async throws -> Data?
    ) async throws(Problem) {
        _ = try await findApplication(name)
        _ = try await agent.send(StoreSource(name, digest), next)
    }

    // MARK: What a push needs

    /// The file with the artifact of each custom service named, and the sources that still have to be sent.
    func withImages(
        _ file: BuildFile, _ name: ApplicationName, _ request: PushRequest
    ) async throws(Problem) -> (file: BuildFile, needed: [NeededSource]) {
        var needed: [NeededSource] = []
        var built: [(service: ServiceName, approot: String, source: ContentDigest, image: ContentDigest)] = []
        let services = file.services.map { declared in
            guard var custom = declared.custom else { return declared }
            var declared = declared
            guard let source = request.sources?["\(declared.name)"] else {
                needed.append(NeededSource(service: "\(declared.name)", approot: custom.approot, digest: nil))
                return declared
            }
            let image = Self.image(of: ServiceID(name, declared.name), custom, source: source)
            custom.image = image
            declared.custom = custom
            built.append((declared.name, custom.approot, source, image))
            return declared
        }
        if !(request.dryRun ?? false), !built.isEmpty {
            let here = try await agent.call(
                LookForImages(Set(built.map(\.image)), of: name, sources: Set(built.map(\.source))))
            for part in built where !here.images.contains(part.image) && !here.sources.contains(part.source) {
                needed.append(NeededSource(service: "\(part.service)", approot: part.approot, digest: part.source))
            }
        }
        let named = BuildFile(fileName: file.fileName, form: file.form, services: services, notes: file.notes)
        return (named, needed)
    }

    /// The digest that names an artifact: of everything that goes into its build and into what is laid out from it.
    /// The service is part of it, so that a source's digest gives no access to another service's artifact.
    static func image(of id: ServiceID, _ custom: CustomSettings, source: ContentDigest) -> ContentDigest {
        let parts =
            ["roost image 1", "\(id)", source.rawValue, custom.buildscript ?? "", custom.postinstall ?? ""]
            + custom.systemPackages.map { "package \($0)" }
            + custom.environment.sorted { $0.key < $1.key }.map { "environment \($0.key)=\($0.value)" }
        let hash = SHA256.hash(data: Data(parts.joined(separator: "\0").utf8))
        let text = hash.hexadecimal
        guard let digest = ContentDigest(rawValue: text) else { preconditionFailure("a SHA-256 is 64 digits") }
        return digest
    }

    func releases(
        _ plan: PushPlan, _ file: BuildFile, _ name: ApplicationName, _ request: PushRequest
    ) -> [CustomRelease] {
        file.services.compactMap { declared in
            guard let settings = plan.settings(of: declared.name), let custom = settings.custom,
                let image = custom.image, let source = request.sources?["\(declared.name)"]
            else { return nil }
            return CustomRelease(
                id: ServiceID(name, declared.name), settings: settings, custom: custom, image: image, source: source,
                standing: plan.standing(declared.name))
        }
    }

    /// Missing packages are an error of the file, unless the push is to install them and can.
    func packageDiagnostics(
        _ file: BuildFile, _ request: PushRequest
    ) async throws(Problem) -> [Diagnostic] {
        var diagnostics: [Diagnostic] = []
        for declared in file.services {
            let packages = declared.custom?.systemPackages ?? []
            guard !packages.isEmpty else { continue }
            let answer = try await agent.call(LookForPackages(packages))
            let (missing, unknown) = (answer.missing, answer.unknown)
            guard !missing.isEmpty else { continue }
            let known = missing.filter { !unknown.contains($0) }
            if !unknown.isEmpty {
                diagnostics.append(
                    file.diagnostic(
                        declared, key: "systempackages",
                        "not in this machine's package lists: \(unknown.joined(separator: " ")); the name may "
                            + "differ in this release of Debian: search for it with 'apt-cache search', or refresh "
                            + "the lists with 'apt-get update'"))
            }
            guard !known.isEmpty, !(request.installPackages ?? false) else { continue }
            diagnostics.append(
                file.diagnostic(
                    declared, key: "systempackages",
                    "not installed on this machine: \(known.joined(separator: " ")); "
                        + "'roost push --install-packages' installs them"))
        }
        return diagnostics
    }

    /// Whether anything has to be made before the services' documents may change.
    func needsPreparation(_ releases: [CustomRelease]) async throws(Problem) -> Bool {
        if try await !missingImages(releases).isEmpty || releases.contains(where: \.changesImage) { return true }
        return try await !missingPackages(releases).isEmpty
    }

    private func missingImages(_ releases: [CustomRelease]) async throws(Problem) -> Set<ContentDigest> {
        guard let name = releases.first?.id.application else { return [] }
        let images = Set(releases.map(\.image))
        return images.subtracting(try await agent.call(LookForImages(images, of: name)).images)
    }

    private func missingPackages(_ releases: [CustomRelease]) async throws(Problem) -> [String] {
        let packages = releases.flatMap(\.custom.systemPackages)
        return packages.isEmpty ? [] : try await agent.call(LookForPackages(packages)).missing
    }

    // MARK: Making it

    /// Installs packages, builds artifacts, and lays them out for each existing instance, including its postinstall.
    /// A failure leaves everything that runs as it is.
    func prepare(
        _ releases: [CustomRelease], _ operation: OperationRecord, reserved: inout ReservedPorts
    ) async throws(Problem) {
        let missing = try await missingPackages(releases)
        if !missing.isEmpty {
            try await step("install \(missing.joined(separator: " "))", operation) { () async throws(Problem) in
                _ = try await agent.run(InstallPackages(missing))
            }
        }
        let missingImages = try await missingImages(releases)
        for release in releases {
            let name = release.id.service
            if missingImages.contains(release.image) {
                try await step("\(name): build", operation) { () async throws(Problem) in
                    do throws(Problem) {
                        _ = try await agent.run(BuildImage(release.build), told: told(operation))
                    } catch {
                        throw Problem(.failed, "\(name): \(error.message)")
                    }
                }
            }
            guard release.changesImage, let standing = release.standing else { continue }
            let ports = try await reserve(release, standing)
            reserved[name] = ports
            var service = standing
            service.spec.settings = release.settings
            service.spec.custom?.ports = ports
            let application = try await findApplication(release.id.application).value
            for instance in service.instances {
                let order = try order(service, application, index: instance.index)
                try await step("\(name): postinstall", operation) { () async throws(Problem) in
                    _ = try await agent.run(PrepareImage(order), told: told(operation))
                }
            }
        }
    }

    /// Passes the output of builders and hooks on as it comes.
    private func told(_ operation: OperationRecord) -> @Sendable (JobNews) async -> Void {
        { [operations] news in await operations.tell(news, on: operation.info.id) }
    }

    private func step(
        _ title: String, _ operation: OperationRecord, _ work: () async throws(Problem) -> Void
    ) async throws(Problem) {
        let started = ContinuousClock.now
        await operations.begin(title, on: operation.info.id)
        try await work()
        await operations.note(title, took: started.duration(to: .now), on: operation.info.id)
    }

    // MARK: Ports and users

    /// Reserves numbers for new ports: the postinstall must know them, and the document gets them only once it has
    /// succeeded.
    private func reserve(_ release: CustomRelease, _ standing: Service) async throws(Problem) -> [ServicePort] {
        try await records.again { () async throws(Problem) in
            let found = try await records.allocations()
            var allocations = found.value
            let free = try await FreePorts.ask(
                machine,
                for: [
                    (settings.ports, release.custom.ports.count), (settings.internalPorts, release.custom.ports.count),
                ], besides: allocations.ports)
            let ports = try assign(release.custom.ports, standing, reserved: [], &allocations, free).ports
            if allocations != found.value {
                try await records.commit([
                    Records.put(allocations, at: Allocations.key, expecting: found.revision)
                ])
            }
            return ports
        }
    }

    /// Gives back, after a failure, the numbers that no document has.
    func giveBack(_ reserved: ReservedPorts, _ name: ApplicationName) async {
        guard !reserved.isEmpty else { return }
        do throws(Problem) { try await release(reserved, name) } catch {
            // The first failure is the one to report; these numbers are free again after a `roost recover`.
            logger.warning("Ports could not be released", metadata: ["reason": "\(error.message)"])
        }
    }

    private func release(_ reserved: ReservedPorts, _ name: ApplicationName) async throws(Problem) {
        try await records.again { () async throws(Problem) in
            let found = try await records.allocations()
            var allocations = found.value
            let standing = Set(
                try await records.services(of: name).flatMap { service in
                    [service.value.endpoint] + service.value.instances.map(\.internalPort)
                        + (service.value.custom?.ports ?? []).flatMap { [$0.endpoint, $0.internalPort] }
                })
            let numbers = reserved.values.joined().flatMap { [$0.endpoint, $0.internalPort] }
            allocations.ports.subtract(numbers.filter { !standing.contains($0) })
            guard allocations != found.value else { return }
            try await records.commit([Records.put(allocations, at: Allocations.key, expecting: found.revision)])
        }
    }

    func assign(
        _ wanted: [CustomSettings.Port], _ service: Service, reserved: [ServicePort],
        _ allocations: inout Allocations, _ free: FreePorts
    ) throws(Problem) -> ServicePorts {
        let main = service.primary?.internalPort ?? service.endpoint
        return try ServicePorts.assign(
            wanted, standing: service.custom?.ports ?? [], main: (service.endpoint, main)
        ) { name throws(Problem) in
            if let known = reserved.first(where: { $0.name == name }) { return (known.endpoint, known.internalPort) }
            return (
                try allocations.takePort(from: settings.ports, isFree: free.contains),
                try allocations.takePort(from: settings.internalPorts, isFree: free.contains)
            )
        }
    }

    /// A user that runs only this service. If roostd is not root, everything runs as the caller.
    func takeCustomUser(_ allocations: inout Allocations) async throws(Problem) -> ServerUser {
        if let caller = machine.facts.onlyUser { return caller }
        return try await allocations.takeUser(of: machine)
    }

    // MARK: Running beside it

    /// A command on the caller's machine, with the service's addresses in its environment.
    func customClient(_ connection: Connection, _ request: ClientOfferRequest) throws(Problem) -> ClientOffer {
        guard !request.arguments.isEmpty else {
            throw Problem(
                .usage, "'\(connection.service)' is a custom service; Roost has no client program for it",
                next: ["roost run \(connection.service) -- COMMAND", "roost url \(connection.service)"])
        }
        let variables = EnvironmentVariables.make(services: [connection], view: EnvironmentView())
        return ClientOffer(
            arguments: request.arguments,
            environment: Dictionary(variables.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }), files: [:],
            path: [])
    }
}
