import Crypto
import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel

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

/// Preparation of custom services for a push: their sources, packages, artifacts and layouts.
struct CustomReleases: Sendable {
    let records: Records
    let agent: any Agent
    let operations: Operations
    let ports: CustomPorts

    func storeSource(
        _ name: ApplicationName, _ digest: ContentDigest, next: @Sendable () async throws -> Data?
    ) async throws(Problem) {
        _ = try await records.findApplication(name)
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
            let reservedPorts = try await ports.reserve(release, standing)
            reserved[name] = reservedPorts
            var service = standing
            service.spec.settings = release.settings
            service.spec.custom?.ports = reservedPorts
            let application = try await records.findApplication(release.id.application).value
            for instance in service.instances {
                let order = try SealedOrder.of(service, in: application, index: instance.index)
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
}
