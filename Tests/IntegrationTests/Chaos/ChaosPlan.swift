import Foundation

/// Settings of a chaos run. The environment decides: `make chaos` sets it, `make test` leaves it at a short run.
struct ChaosPlan: Sendable {
    let rounds: Int
    let seed: UInt64

    static func fromEnvironment() -> ChaosPlan {
        let environment = ProcessInfo.processInfo.environment
        return ChaosPlan(
            rounds: environment["ROOST_CHAOS_ROUNDS"].flatMap { Int($0) } ?? 20,
            seed: environment["ROOST_CHAOS_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...999_999))
    }
}

/// A step that an operator takes on a service while the daemon is killed.
enum ChaosStep: Sendable, CustomStringConvertible {
    /// Pushes the whole application's file, with this service's connections limit changed.
    case configure(service: Int, connections: Int)
    case scale(service: Int, megabytes: Int)
    case restart(service: Int)
    /// Destroys the service, without a kept snapshot every other time.
    case destroy(service: Int, keep: Bool)

    static func random(services: Range<Int>, using random: inout SeededRandom) -> ChaosStep {
        let service = Int.random(in: services, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: return .configure(service: service, connections: Int.random(in: 20...120, using: &random))
        case 4..<6: return .scale(service: service, megabytes: 32 * Int.random(in: 6...9, using: &random))
        case 6..<8: return .restart(service: service)
        default: return .destroy(service: service, keep: Bool.random(using: &random))
        }
    }

    var service: Int {
        switch self {
        case .configure(let service, _), .scale(let service, _), .restart(let service), .destroy(let service, _):
            service
        }
    }

    var description: String {
        switch self {
        case .configure(let service, let connections): "push s\(service) max_connections \(connections)"
        case .scale(let service, let megabytes): "scale s\(service) \(megabytes)M"
        case .restart(let service): "restart s\(service)"
        case .destroy(let service, let keep): "destroy s\(service)\(keep ? "" : " --no-keep")"
        }
    }
}

/// The operator's desired state of a service, as far as they can know it: a command that the daemon's death cut short
/// may or may not have been accepted, and both outcomes are right.
struct Expectation: Sendable {
    /// The file's value, which the next push states.
    var connections = 40
    var memory: Set<Int> = [192]
    var isThere: Set<Bool> = [true]
}
