import RoostModel
import Testing

@testable import RoostControlPlane

/// Requests to promote a member that is never promoted by itself.
@Suite struct MemberPromotionTests {
    private static let behind = MemberSettings(delaySeconds: 3600)
    private static let never = MemberSettings(priority: 0)

    @Test(arguments: [
        (never, "it is never promoted (priority: 0)"), (behind, "it stays behind on purpose (delay: 1h)"),
    ])
    func aPlannedPromotionIsRefusedWithTheReason(_ member: MemberSettings, _ reason: String) async throws {
        try await withBench { bench in
            try await bench.change { $0.settings.members = [1: member] }
            let refusal = await #expect(throws: Problem.self) {
                try await bench.instances.promote(bench.id, PromoteRequest(instance: 1))
            }
            #expect(refusal?.code == .conflict)
            #expect(refusal?.message == "data.1 cannot become the primary: \(reason)")
            #expect(try await bench.service().goal == .run)
        }
    }

    @Test func aFailoverMayNameAMemberOfPriorityZero() async throws {
        try await withBench { bench in
            try await bench.change { $0.settings.members = [1: Self.never] }
            let refusal = await #expect(throws: Problem.self) {
                try await bench.instances.failOver(bench.id, FailoverRequest(acceptDataLoss: true))
            }
            #expect(refusal?.code == .conflict && refusal?.message.contains("priority: 0") == true)
            #expect(refusal?.nextSteps.first?.hasPrefix("roost failover data.1") == true)
            _ = try await bench.instances.failOver(bench.id, FailoverRequest(instance: 1, acceptDataLoss: true))
            #expect(try await bench.service().goal == .failover(to: 1, acceptsLoss: true))
        }
    }

    @Test func aFailoverCannotNameAMemberThatStaysBehind() async throws {
        try await withBench { bench in
            try await bench.change { $0.settings.members = [1: Self.behind] }
            for instance in [1, nil] {
                let refusal = await #expect(throws: Problem.self) {
                    try await bench.instances.failOver(
                        bench.id, FailoverRequest(instance: instance, acceptDataLoss: true))
                }
                #expect(refusal?.code == .conflict && refusal?.message.contains("stays behind") == true)
            }
            #expect(try await bench.service().goal == .run)
        }
    }
}
