/// Accounts of a service: its password and its users.
package protocol AccountsAPI: Sendable {
    func rotatePassword(_ id: ServiceID, _ request: RotateRequest) async throws(Problem) -> OperationInfo
    func users(of id: ServiceID) async throws(Problem) -> [UserInfo]
    func addUser(to id: ServiceID, _ request: UserRequest) async throws(Problem) -> UserInfo
    func removeUser(_ name: String, from id: ServiceID) async throws(Problem)
}
