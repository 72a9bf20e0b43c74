import RoostModel

extension FakePlatform {
    func takeSnapshot(_ id: ServiceID, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo {
        throw Problem(.failed, "none")
    }
    func removeSnapshot(_ id: ServiceID, snapshot: String, confirm: String?, dryRun: Bool) async throws(Problem)
        -> SnapshotInfo
    { throw Problem(.failed, "none") }
    func clones() async throws(Problem) -> [CloneInfo] { throw Problem(.failed, "none") }
    func clone(_ name: CloneName, showPassword: Bool) async throws(Problem) -> CloneInfo {
        throw Problem(.failed, "none")
    }
    func makeClone(_ name: CloneName?, _ request: CloneRequest) async throws(Problem) -> CloneAnswer {
        throw Problem(.failed, "none")
    }
    func makeClone(_ name: CloneName, _ request: CloneRequest, as wish: MyaasWish) async throws(Problem) -> CloneAnswer
    { throw Problem(.failed, "none") }
    func myaasLabels() async throws(Problem) -> [String: String] { throw Problem(.failed, "none") }
    func resetClone(_ name: CloneName) async throws(Problem) -> OperationInfo { throw Problem(.failed, "none") }
    func extendClone(_ name: CloneName, _ request: ExtendRequest) async throws(Problem) -> CloneInfo {
        throw Problem(.failed, "none")
    }
    func protectClone(_ name: CloneName, _ request: ProtectRequest) async throws(Problem) -> CloneInfo {
        throw Problem(.failed, "none")
    }
    func removeClone(_ name: CloneName, confirm: String?) async throws(Problem) -> OperationInfo {
        throw Problem(.failed, "none")
    }
    func environment(ofClone name: CloneName) async throws(Problem) -> EnvironmentInfo {
        throw Problem(.failed, "none")
    }
    func client(ofClone name: CloneName, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer {
        throw Problem(.failed, "none")
    }
    func templates() async throws(Problem) -> [TemplateInfo] { throw Problem(.failed, "none") }
    func template(_ name: TemplateName) async throws(Problem) -> TemplateInfo { throw Problem(.failed, "none") }
    func addTemplate(_ name: TemplateName, _ request: TemplateRequest) async throws(Problem) -> TemplateAnswer {
        throw Problem(.failed, "none")
    }
    func refreshTemplate(_ name: TemplateName) async throws(Problem) -> OperationInfo { throw Problem(.failed, "none") }
    func removeTemplate(_ name: TemplateName, confirm: String?, dryRun: Bool) async throws(Problem) -> TemplateInfo {
        throw Problem(.failed, "none")
    }
    func storage() async throws(Problem) -> StorageInfo { throw Problem(.failed, "none") }
    func makePool(_ request: PoolRequest) async throws(Problem) -> OperationInfo { throw Problem(.failed, "none") }
    func growPool(_ request: PoolRequest) async throws(Problem) -> OperationInfo { throw Problem(.failed, "none") }
    func moveService(_ id: ServiceID, confirm: String?) async throws(Problem) -> OperationInfo {
        throw Problem(.failed, "none")
    }
}
