import HTTPTypes
import Hummingbird
import RoostModel
import Synchronization

/// Counts failed sign-ons by address, so that tokens and codes cannot be guessed at speed.
///
/// Only failures are limited. A valid token is admitted regardless of failures by others behind the same address (a
/// proxy, a NAT, a shared machine). With tokens of 256 random bits this loses no security.
final class SignOnFailures: Sendable {
    private let state = Mutex(FailureBudget())
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    /// Counts a failed sign-on, or throws if the address has failed too often. Callers without an address (on the
    /// Unix socket) share one budget.
    func record(_ address: String?) throws(Refusal) {
        guard let wait = state.withLock({ $0.spend(for: address ?? "", now: now()) }) else { return }
        throw Refusal(
            Problem(.unauthorized, "too many failed sign-in attempts from this address; try again in \(wait) s"),
            status: .tooManyRequests, headers: [.retryAfter: String(wait)])
    }
}

/// A budget of failures for each address: 20 at once, one more every 3 s.
struct FailureBudget: Sendable {
    static let burst = 20.0
    static let secondsEach = 3.0
    /// Limit of remembered addresses; the addresses closest to being forgiven are dropped first.
    static let addressLimit = 1000

    private struct Account {
        var failures: Double
        var at: ContinuousClock.Instant

        func failures(now: ContinuousClock.Instant) -> Double {
            max(0, failures - (now - at) / .seconds(FailureBudget.secondsEach))
        }
    }

    private var accounts: [String: Account] = [:]
    var addressCount: Int { accounts.count }

    /// Seconds until the next attempt; nil when an attempt is allowed now.
    func wait(for address: String, now: ContinuousClock.Instant) -> Int? {
        guard let account = accounts[Self.network(of: address)] else { return nil }
        let seconds = (account.failures(now: now) - (Self.burst - 1)) * Self.secondsEach
        // Rounded to the millisecond first, so that 2.0000000001 s does not become 3 s.
        let wait = Int(((seconds * 1000).rounded() / 1000).rounded(.up))
        return wait > 0 ? wait : nil
    }

    /// Counts a failure. If the budget is used up, nothing is counted and the seconds to wait are returned.
    mutating func spend(for address: String, now: ContinuousClock.Instant) -> Int? {
        if let wait = wait(for: address, now: now) { return wait }
        record(address, now: now)
        return nil
    }

    mutating func record(_ address: String, now: ContinuousClock.Instant) {
        if accounts.count >= Self.addressLimit {
            accounts = accounts.filter { $0.value.failures(now: now) > 0 }
            if accounts.count >= Self.addressLimit,
                let least = accounts.min(by: { $0.value.failures(now: now) < $1.value.failures(now: now) })
            {
                accounts[least.key] = nil
            }
        }
        let key = Self.network(of: address)
        let before = accounts[key]?.failures(now: now) ?? 0
        accounts[key] = Account(failures: before + 1, at: now)
    }

    /// An IPv6 caller owns at least a /64 and may use any address of it.
    private static func network(of address: String) -> String {
        let groups = address.split(separator: ":", omittingEmptySubsequences: false)
        return groups.count > 2 ? groups.prefix(4).joined(separator: ":") : address
    }
}
