import Foundation
import RoostModel

/// Carries out the API's calls on pauses of services.
struct PauseHandler: PausesAPI {
    let records: Records
    let changes: ServiceChanges
    let descriptions: Descriptions
    let events: EventLog

    func pause(_ id: ServiceID, _ request: PauseRequest) async throws(Problem) -> ServiceInfo {
        let seconds = request.seconds ?? ServiceSpec.Pause.presetSeconds
        let reason = request.reason.flatMap { $0.isEmpty ? nil : $0 }
        let pause = ServiceSpec.Pause(until: Date().addingTimeInterval(seconds), reason: reason)
        let (paused, _) = try await change(id) { spec, service throws(Problem) in
            // A procedure ends with a start of the server, which the pause would withhold.
            try refuseWhileChanging(service)
            spec.pause = pause
        }
        await events.add(
            "paused",
            "\(id.service) is paused until \(Timestamp.format(pause.until))\(reason.map { ": \($0)" } ?? ""); Roost "
                + "starts, repairs and fails over nothing meanwhile",
            service: id)
        return try descriptions.service(paused, showPassword: false)
    }

    func resume(_ id: ServiceID) async throws(Problem) -> ServiceInfo {
        let (resumed, before) = try await change(id) { spec, _ in spec.pause = nil }
        if before.spec.isPaused(at: Date()) {
            await events.add("resumed", "\(id.service) is no longer paused", service: id)
        }
        return try descriptions.service(resumed, showPassword: false)
    }

    /// Changes a spec without a new generation: a pause is not carried out by steps. Returns the service afterwards and
    /// before.
    private func change(
        _ id: ServiceID, _ change: (inout ServiceSpec, Service) throws(Problem) -> Void
    ) async throws(Problem) -> (after: Service, before: Service) {
        try await records.again { () async throws(Problem) in
            let found = try await records.findService(id)
            var spec = found.value.spec
            try change(&spec, found.value)
            if spec != found.value.spec {
                var draft = ServiceChanges.Draft()
                try draft.change(found, to: spec)
                try await changes.commit(draft)
            }
            return (Service(spec: spec, status: found.value.status), found.value)
        }
    }
}

/// Ends pauses whose time is over: agents and reconcilers ignore them already, but people are told, once.
struct ExpiredPauses: Sendable {
    let records: Records
    let changes: ServiceChanges
    let events: EventLog

    func end(at now: Date) async throws(Problem) {
        for service in try await records.services().map(\.value) where service.spec.hasExpiredPause(at: now) {
            let ended = try await records.again { () async throws(Problem) -> ServiceSpec.Pause? in
                // The pause may have been replaced, or ended by a user, meanwhile.
                guard let found = try await records.service(service.id), found.value.spec.hasExpiredPause(at: now)
                else { return nil }
                var spec = found.value.spec
                spec.pause = nil
                var draft = ServiceChanges.Draft()
                try draft.change(found, to: spec)
                try await changes.commit(draft)
                return found.value.spec.pause
            }
            guard let ended else { continue }
            await events.add(
                "pause_expired",
                "the pause of \(service.id.service) ended at \(Timestamp.format(ended.until)), when its time was over",
                service: service.id)
        }
    }
}

extension ServiceSpec {
    fileprivate func hasExpiredPause(at now: Date) -> Bool {
        deletion == nil && pause.map { $0.until <= now } ?? false
    }
}

/// Refuses a request that needs steps on a service which is paused.
func refuseWhilePaused(_ service: Service, at now: Date = Date()) throws(Problem) {
    guard let pause = service.spec.activePause(at: now) else { return }
    throw Problem(
        .conflict,
        "'\(service.id.service)' is paused until \(Timestamp.format(pause.until))"
            + (pause.reason.map { " (\($0))" } ?? ""),
        next: ["roost resume \(service.id.service)"])
}
