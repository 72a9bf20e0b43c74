import NIOHTTP1
import RoostModel

/// API calls for clones, templates and storage.
extension RoostClient {
    // Clones

    func clones() async throws(Problem) -> [CloneInfo] { try await list(Paths.clones) }

    func clone(_ name: String, showPassword: Bool) async throws(Problem) -> CloneInfo {
        try await call(.GET, path(name), query: [("show_password", showPassword ? "true" : nil)])
    }

    func makeClone(_ name: CloneName?, _ request: CloneRequest) async throws(Problem) -> CloneAnswer {
        try await call(name == nil ? .POST : .PUT, name.map { Paths.clone($0) } ?? Paths.clones, body: request)
    }

    func resetClone(_ name: String) async throws(Problem) -> OperationInfo {
        try await call(.POST, "\(path(name))/reset")
    }

    func extendClone(_ name: String, _ ttl: Duration) async throws(Problem) -> CloneInfo {
        try await call(.POST, "\(path(name))/extend", body: ExtendRequest(ttlSeconds: ttl / .seconds(1)))
    }

    func protectClone(_ name: String, _ isProtected: Bool) async throws(Problem) -> CloneInfo {
        try await call(.POST, "\(path(name))/protect", body: ProtectRequest(protected: isProtected))
    }

    func removeClone(_ name: String, confirm: String?) async throws(Problem) -> OperationInfo {
        try await call(.DELETE, path(name), query: [("confirm", confirm)])
    }

    func environment(ofClone name: String) async throws(Problem) -> EnvironmentInfo {
        try await call(.GET, "\(path(name))/environment")
    }

    func client(ofClone name: String, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer {
        try await call(.POST, "\(path(name))/client", body: request)
    }

    func restart(clone name: String) async throws(Problem) -> OperationInfo {
        try await call(.POST, "\(path(name))/restart")
    }

    func takeSnapshot(ofClone name: String, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo {
        try await call(.POST, "\(path(name))/snapshots", body: request)
    }

    func restore(clone name: String, _ snapshot: String, _ request: RestoreRequest) async throws(Problem)
        -> OperationInfo
    {
        try await call(.POST, "\(path(name))/snapshots/\(snapshot.percentEncoded)/restore", body: request)
    }

    /// Passes on the lines of a clone's log; with `follow` until the daemon ends the stream.
    func logs(
        ofClone name: String, lines: Int, follow: Bool, each: (String) throws(Problem) -> Void
    ) async throws(Problem) {
        var splitter = LineSplitter()
        let query: Query = [("lines", String(lines)), ("follow", follow ? "true" : nil)]
        try await stream("\(path(name))/logs", query: query, accept: "text/plain") { chunk throws(Problem) in
            for line in splitter.feed(chunk) { try each(line) }
        }
        if let line = splitter.finish() { try each(line) }
    }

    private func path(_ clone: String) -> String { "\(Paths.clones)/\(clone.percentEncoded)" }

    // Templates

    func templates() async throws(Problem) -> [TemplateInfo] { try await list(Paths.templates) }

    func template(_ name: String) async throws(Problem) -> TemplateInfo {
        try await call(.GET, path(template: name))
    }

    func addTemplate(_ name: String, _ request: TemplateRequest) async throws(Problem) -> TemplateAnswer {
        try await call(.PUT, path(template: name), body: request)
    }

    func refreshTemplate(_ name: String) async throws(Problem) -> OperationInfo {
        try await call(.POST, "\(path(template: name))/refresh")
    }

    func removeTemplate(_ name: String, confirm: String?, dryRun: Bool) async throws(Problem) -> TemplateInfo {
        try await call(
            .DELETE, path(template: name), query: [("confirm", confirm), ("dry_run", dryRun ? "true" : nil)])
    }

    private func path(template: String) -> String { "\(Paths.templates)/\(template.percentEncoded)" }

    // Storage

    func storage() async throws(Problem) -> StorageInfo { try await call(.GET, Paths.storage) }

    func makePool(_ size: String) async throws(Problem) -> OperationInfo {
        try await call(.POST, Paths.pool, body: PoolRequest(size: size))
    }

    func growPool(_ size: String) async throws(Problem) -> OperationInfo {
        try await call(.POST, Paths.growPool, body: PoolRequest(size: size))
    }

    func moveService(_ id: ServiceID, confirm: String) async throws(Problem) -> OperationInfo {
        try await call(.POST, Paths.move(id), query: [("confirm", confirm)])
    }
}
