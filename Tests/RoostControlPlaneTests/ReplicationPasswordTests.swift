import Foundation
import RoostModel
import Testing

@testable import RoostControlPlane

/// Requests for new passwords of the replication accounts, over a store in memory.
@Suite struct ReplicationPasswordTests {
    private static let request = RotateRequest(replication: true)

    @Test func aRequestStoresTheNextNumberAndLeavesTheClientsPasswordAlone() async throws {
        try await withBench { bench in
            let before = try await bench.service()
            let operation = try await bench.accounts.rotatePassword(bench.id, Self.request)
            #expect(operation.kind == "replication_passwords")
            let service = try await bench.service()
            #expect(service.spec.replicationPasswords == 1 && service.isChangingReplicationPasswords)
            #expect(service.credentials == before.credentials && service.generation == before.generation + 1)
            // The event is told once the old passwords are void.
            let kinds = await bench.kinds
            #expect(!kinds.contains("replication_passwords"))
        }
    }

    @Test func oneChangeFollowsTheOther() async throws {
        try await withBench { bench in
            _ = try await bench.accounts.rotatePassword(bench.id, Self.request)
            let refusal = await #expect(throws: Problem.self) {
                try await bench.accounts.rotatePassword(bench.id, Self.request)
            }
            #expect(refusal?.code == .conflict && refusal?.nextSteps == ["roost info data"])
            #expect(try await bench.service().spec.replicationPasswords == 1)
            try await bench.changeStatus { $0.replicationPasswords = ReplicationPasswords(number: 1) }
            _ = try await bench.accounts.rotatePassword(bench.id, Self.request)
            #expect(try await bench.service().spec.replicationPasswords == 2)
        }
    }

    @Test func aServiceWithOneInstanceHasNoSuchAccount() async throws {
        try await withBench { bench in
            try await bench.changeStatus { $0.members.removeLast() }
            let refusal = await #expect(throws: Problem.self) {
                try await bench.accounts.rotatePassword(bench.id, Self.request)
            }
            #expect(refusal?.message == "'data' has one instance, and no replication account")
            #expect(try await bench.service().spec.replicationPasswords == nil)
        }
    }

    @Test func thereIsNoGraceTime() async throws {
        try await withBench { bench in
            let refusal = await #expect(throws: Problem.self) {
                try await bench.accounts.rotatePassword(bench.id, RotateRequest(graceSeconds: 60, replication: true))
            }
            #expect(refusal?.code == .usage && refusal?.message.contains("--grace") == true)
            let generation = try await bench.service().generation
            #expect(generation == 1)
        }
    }
}

extension Bench {
    fileprivate func changeStatus(_ change: (inout ServiceStatus) -> Void) async throws {
        _ = try await records.updateStatus(id) { service in
            var status = service.status
            change(&status)
            return status
        }
    }
}
