import RoostAPI
import RoostModel

/// API calls for clones, templates and storage.
extension RoostClient {
    // Clones

    func clones() async throws(Problem) -> [CloneInfo] { try await list(CloneEndpoints.list) }

    func clone(_ name: String, showPassword: Bool) async throws(Problem) -> CloneInfo {
        try await call(CloneEndpoints.show, ClonePath(name), query: [("show_password", showPassword ? "true" : nil)])
    }

    func makeClone(_ name: CloneName?, _ request: CloneRequest) async throws(Problem) -> CloneAnswer {
        guard let name else { return try await call(CloneEndpoints.make, NoParameters(), request) }
        return try await call(CloneEndpoints.makeNamed, ClonePath(name.rawValue), request)
    }

    func resetClone(_ name: String) async throws(Problem) -> OperationInfo {
        try await call(CloneEndpoints.reset, ClonePath(name))
    }

    func extendClone(_ name: String, _ ttl: Duration) async throws(Problem) -> CloneInfo {
        try await call(CloneEndpoints.extend, ClonePath(name), ExtendRequest(ttlSeconds: ttl / .seconds(1)))
    }

    func protectClone(_ name: String, _ isProtected: Bool) async throws(Problem) -> CloneInfo {
        try await call(CloneEndpoints.protect, ClonePath(name), ProtectRequest(protected: isProtected))
    }

    func removeClone(_ name: String, confirm: String?) async throws(Problem) -> OperationInfo {
        try await call(CloneEndpoints.remove, ClonePath(name), query: [("confirm", confirm)])
    }

    func environment(ofClone name: String) async throws(Problem) -> EnvironmentInfo {
        try await call(CloneEndpoints.environment, ClonePath(name))
    }

    func client(ofClone name: String, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer {
        try await call(CloneEndpoints.client, ClonePath(name), request)
    }

    func restart(clone name: String) async throws(Problem) -> OperationInfo {
        try await call(CloneEndpoints.restart, ClonePath(name))
    }

    func takeSnapshot(ofClone name: String, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo {
        try await call(CloneEndpoints.takeSnapshot, ClonePath(name), request)
    }

    func restore(clone name: String, _ snapshot: String, _ request: RestoreRequest) async throws(Problem)
        -> OperationInfo
    {
        try await call(CloneEndpoints.restore, CloneSnapshotPath(name, snapshot), request)
    }

    /// Passes on the lines of a clone's log; with `follow` until the daemon ends the stream.
    func logs(
        ofClone name: String, lines: Int, follow: Bool, each: (String) throws(Problem) -> Void
    ) async throws(Problem) {
        var splitter = LineSplitter()
        let query: Query = [("lines", String(lines)), ("follow", follow ? "true" : nil)]
        try await stream(CloneEndpoints.logs, ClonePath(name), query: query, accept: "text/plain") {
            chunk throws(Problem) in
            for line in splitter.feed(chunk) { try each(line) }
        }
        if let line = splitter.finish() { try each(line) }
    }

    // Templates

    func templates() async throws(Problem) -> [TemplateInfo] { try await list(TemplateEndpoints.list) }

    func template(_ name: String) async throws(Problem) -> TemplateInfo {
        try await call(TemplateEndpoints.show, TemplatePath(name))
    }

    func addTemplate(_ name: String, _ request: TemplateRequest) async throws(Problem) -> TemplateAnswer {
        try await call(TemplateEndpoints.add, TemplatePath(name), request)
    }

    func refreshTemplate(_ name: String) async throws(Problem) -> OperationInfo {
        try await call(TemplateEndpoints.refresh, TemplatePath(name))
    }

    func removeTemplate(_ name: String, confirm: String?, dryRun: Bool) async throws(Problem) -> TemplateInfo {
        try await call(
            TemplateEndpoints.remove, TemplatePath(name),
            query: [("confirm", confirm), ("dry_run", dryRun ? "true" : nil)])
    }

    // Storage

    func storage() async throws(Problem) -> StorageInfo { try await call(MachineEndpoints.storage, NoParameters()) }

    func makePool(_ size: String) async throws(Problem) -> OperationInfo {
        try await call(MachineEndpoints.makePool, NoParameters(), PoolRequest(size: size))
    }

    func growPool(_ size: String) async throws(Problem) -> OperationInfo {
        try await call(MachineEndpoints.growPool, NoParameters(), PoolRequest(size: size))
    }

    func moveService(_ id: ServiceID, confirm: String) async throws(Problem) -> OperationInfo {
        try await call(ServiceEndpoints.move, id, query: [("confirm", confirm)])
    }
}
