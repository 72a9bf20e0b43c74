/// The machine: its state, findings, resource usage and metrics.
package protocol MachineAPI: Sendable {
    func hosts() async throws(Problem) -> [MachineInfo]
    func authority() async throws(Problem) -> AuthorityInfo
    func doctor() async throws(Problem) -> [Finding]
    func usage(of application: ApplicationName?) async throws(Problem) -> [UsageInfo]
    func metrics() async throws(Problem) -> [MetricFamily]
}
