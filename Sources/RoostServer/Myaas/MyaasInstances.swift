import Foundation
import RoostModel
import Synchronization

/// Clones by the names that myaas scripts use: a template and a text of the script's own.
struct MyaasInstances: Sendable {
    let clones: any ClonesAPI
    let myaas: any MyaasAPI
    let settings: MyaasSettings
    private let claims = Claims()

    init(clones: any ClonesAPI, myaas: any MyaasAPI, settings: MyaasSettings) {
        self.clones = clones
        self.myaas = myaas
        self.settings = settings
    }

    /// Only clones that were made through this listener: their password is open to everyone who reaches it.
    func all() async throws(Problem) -> [MyaasInstance] {
        let labels = try await myaas.labels()
        return try await clones.list().compactMap { clone in
            labels[clone.name].map { MyaasInstance(template: clone.source, name: $0, clone: clone) }
        }
    }

    func find(_ template: String, _ name: String) async throws(Problem) -> MyaasInstance? {
        try await all().first { $0.template == template && $0.name == name }
    }

    /// Starts making a clone. Nil if the clone exists or another request is making it.
    func make(
        _ template: String, _ name: String, timeToLive: Double?
    ) async throws(Problem) -> (clone: CloneName, operation: OperationInfo?)? {
        guard let source = TemplateName(rawValue: template) else {
            throw Problem(.templateNotFound, "there is no template '\(template)'")
        }
        // Two concurrent requests for the same clone must not both get it: the second is told that the clone exists.
        let claim = "\(template)/\(name)"
        guard claims.take(claim) else { return nil }
        defer { claims.release(claim) }
        guard try await find(template, name) == nil else { return nil }
        let taken = Set(try await clones.list().map(\.name))
        let clone = CloneName.forMyaas(source, name, taken: taken)
        let request = CloneRequest(
            source: template, ttlSeconds: timeToLive ?? settings.timeToLive ?? 0, idleSeconds: 0,
            memory: "\(settings.memory)", cpus: settings.cpus)
        let terms = MyaasTerms(label: name, password: settings.password, isExposed: settings.isExposed)
        return (clone, try await myaas.make(clone, request, terms).operation)
    }

    /// The pairs of template and name that are being made now.
    private final class Claims: Sendable {
        private let taken = Mutex<Set<String>>([])
        func take(_ claim: String) -> Bool { taken.withLock { $0.insert(claim).inserted } }
        func release(_ claim: String) { _ = taken.withLock { $0.remove(claim) } }
    }
}

extension CloneName {
    /// `shop-mine` if that is a valid name and not taken, else a stable name made of both.
    static func forMyaas(_ template: TemplateName, _ name: String, taken: Set<String>) -> CloneName {
        let plain = CloneName(rawValue: "\(template)-\(name)")
        if let plain, !taken.contains(plain.rawValue) { return plain }
        // FNV-1a, 64 bits (Fowler, Noll, Vo): Swift's own hashes differ from run to run.
        let hash = "\(template)/\(name)".utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        let padded = String(repeating: "0", count: 16 - digits.count) + digits
        // 14 letters, a dash and 16 digits: at most 31 characters, all of them valid in a name.
        return CloneName(checked: "\(template.rawValue.prefix(14))-\(padded)")
    }
}
