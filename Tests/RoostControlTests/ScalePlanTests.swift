import Foundation
import RoostControl
import RoostModel
import Testing

/// Changes and refusals of `roost scale`.
struct ScalePlanTests {
    private let before = ServiceSettings(memory: .mebibytes(512), cpus: 2)

    @Test func memoryAndCpusAreReadAsInTheBuildFile() throws {
        let plan = try plan(ScaleRequest(memory: "1G", cpus: 0.5))
        #expect(plan.settings == ServiceSettings(memory: .gibibytes(1), cpus: 0.5))
        #expect(
            plan.fields == [
                .init(key: "memory", from: "512M", to: "1G"), .init(key: "cpus", from: "2", to: "0.5"),
            ])
    }

    @Test func zeroCpusTakeTheLimitAway() throws {
        let plan = try plan(ScaleRequest(cpus: 0))
        #expect(plan.settings.cpus == nil)
        #expect(plan.fields == [.init(key: "cpus", from: "2", to: nil)])
    }

    @Test func whatStandsAlreadyIsNoChange() throws {
        let plan = try plan(ScaleRequest(instances: 1, memory: "512MiB", cpus: 2))
        #expect(plan.fields.isEmpty)
        #expect(plan.settings == before)
    }

    @Test(
        arguments: [
            (ScaleRequest(), .usage, "nothing to scale: set instances, memory or cpus"),
            (ScaleRequest(instances: 2), .notBuiltYet, "more than 1 instance of mariadb is not supported yet"),
            (ScaleRequest(instances: 0), .usage, "a service needs at least 1 instance"),
            (ScaleRequest(instances: -1), .usage, "a service needs at least 1 instance"),
            (ScaleRequest(memory: "much"), .usage, "invalid memory size 'much': use a number with K, M, G or T"),
            (ScaleRequest(memory: ""), .usage, "invalid memory size '': use a number with K, M, G or T"),
            (
                ScaleRequest(memory: "64M"), .memoryTooSmall,
                "64M is too little for mariadb@10.11.19, which needs at least 128M"
            ),
            (ScaleRequest(cpus: -1), .usage, "cpus must be between 0.01 and 1024 cores, or 0 for no limit"),
            (ScaleRequest(cpus: 0.001), .usage, "cpus must be between 0.01 and 1024 cores, or 0 for no limit"),
            (ScaleRequest(cpus: 1025), .usage, "cpus must be between 0.01 and 1024 cores, or 0 for no limit"),
            (ScaleRequest(cpus: .nan), .usage, "cpus must be between 0.01 and 1024 cores, or 0 for no limit"),
            (ScaleRequest(cpus: .infinity), .usage, "cpus must be between 0.01 and 1024 cores, or 0 for no limit"),
        ] as [(ScaleRequest, ProblemCode, String)])
    func refuses(_ request: ScaleRequest, _ code: ProblemCode, _ message: String) throws {
        let problem = #expect(throws: Problem.self) { try plan(request) }
        #expect(problem?.code == code)
        #expect(problem?.message == message)
    }

    @Test func fewerInstancesNeedAConfirmation() throws {
        let three = ServiceSettings(instances: 3, memory: .mebibytes(512))
        let problem = #expect(throws: Problem.self) { try plan(ScaleRequest(instances: 1), three) }
        #expect(problem?.code == .confirmationNeeded)
        #expect(problem?.nextSteps == ["roost scale data:instances=1 --yes"])
        #expect(try plan(ScaleRequest(instances: 1, yes: true), three).settings.instances == 1)
        #expect(try plan(ScaleRequest(instances: 1, dryRun: true), three).fields.map(\.key) == ["instances"])
    }

    @Test func aDrainIsForFewerInstancesAlone() throws {
        let three = ServiceSettings(instances: 3, memory: .mebibytes(512))
        let now = Date(timeIntervalSince1970: 1_000_000)
        func end(_ request: ScaleRequest) throws -> Date? {
            var spec = try Samples.service("data", three).spec
            try plan(request, three, mostInstances: 9).apply(request, to: &spec, now: now)
            return spec.readersUntil
        }
        #expect(try end(ScaleRequest(instances: 1, drainSeconds: 2.5, yes: true)) == now + 2.5)
        #expect(try end(ScaleRequest(instances: 1, drainSeconds: 0, yes: true)) == nil)
        #expect(try end(ScaleRequest(instances: 1, yes: true)) == nil)
        #expect(try end(ScaleRequest(instances: 3, drainSeconds: 10)) == nil)
        let alone = #expect(throws: Problem.self) { try plan(ScaleRequest(memory: "1G", drainSeconds: 10), three) }
        #expect(alone?.code == .usage && alone?.nextSteps == ["roost scale data:instances=2 --drain 10s"])
        let unconfirmed = #expect(throws: Problem.self) {
            try plan(ScaleRequest(instances: 1, drainSeconds: 10), three)
        }
        #expect(unconfirmed?.nextSteps == ["roost scale data:instances=1 --yes --drain 10s"])
    }

    @Test(arguments: [(1, true), (2, false), (3, true), (6, false), (7, true), (8, false)])
    func anEngineThatElectsNeedsAnOddNumber(_ instances: Int, _ isAccepted: Bool) throws {
        func fault(dryRun: Bool) throws -> Problem? {
            do {
                _ = try ScalePlan.make(
                    ScaleRequest(instances: instances, dryRun: dryRun), service: Samples.service("data", before),
                    minimumMemory: .mebibytes(128), mostInstances: 7, needsOddInstances: true)
                return nil
            } catch let problem as Problem { return problem }
        }
        for dryRun in [false, true] {
            let problem = try fault(dryRun: dryRun)
            #expect((problem == nil) == isAccepted)
            #expect(problem.map { $0.code == .usage } ?? true)
        }
    }

    private func plan(
        _ request: ScaleRequest, _ settings: ServiceSettings? = nil, mostInstances: Int = 1
    ) throws -> ScalePlan {
        try ScalePlan.make(
            request, service: Samples.service("data", settings ?? before), minimumMemory: .mebibytes(128),
            mostInstances: mostInstances)
    }
}
