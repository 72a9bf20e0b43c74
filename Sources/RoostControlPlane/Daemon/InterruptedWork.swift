/// Work of an earlier daemon, which this one carries out again once every service was looked at.
struct InterruptedWork: Sendable {
    let snapshots: [(work: SnapshotWork, operation: String)]
    let builder: TemplateBuilder
    let requests: SnapshotRequests

    func resume() async {
        await builder.resume()
        for (work, operation) in snapshots { requests.carryOut(work, operation) }
    }
}
