/// Bounds of numbers and texts in requests, whatever they are used for, as the OpenAPI document states them. A test
/// compares the two.
package enum RequestBounds {
    /// Ten years. To keep something for longer, 0 keeps it for ever.
    package static let longestTime: Double = 10 * 365 * 24 * 3600
    package static let longestGrace: Double = 30 * 24 * 3600
    package static let shortestPause: Double = 1
    package static let longestPause: Double = 7 * 24 * 3600
    /// Of the time that open transactions have to end before a planned change of the primary, during which no new
    /// connection is let through, and of the time that connections to leaving replicas have.
    package static let longestDrain: Double = 60
    /// Of instances, and of the number of one. What an engine allows is less, and refused with the engine's reason.
    package static let largestNumber = Int(Int32.max)
    /// Characters of a reason that a user gives.
    package static let longestReason = 200

    static func number(_ value: Double?, _ field: String, in range: ClosedRange<Double>) throws(Problem) {
        guard let value else { return }
        guard value.isFinite, range.contains(value) else {
            let bounds = "\(shown(range.lowerBound)) to \(shown(range.upperBound))"
            throw Problem(.bodyInvalid, "field '\(field)' must be a number from \(bounds), not \(shown(value))")
        }
    }

    static func number(_ value: Int?, _ field: String, in range: ClosedRange<Int>) throws(Problem) {
        guard let value, !range.contains(value) else { return }
        throw Problem(
            .bodyInvalid,
            "field '\(field)' must be a whole number, \(range.lowerBound) to \(range.upperBound), not \(value)")
    }

    static func cores(_ value: Double?) throws(Problem) {
        guard let value, value != 0 else { return }
        let range = ServiceSettings.cpuRange
        guard range.contains(value) else {
            throw Problem(
                .bodyInvalid,
                "field 'cpus' must be 0 (no limit) or a number from \(shown(range.lowerBound)) to \(shown(range.upperBound)), "
                    + "not \(shown(value))")
        }
    }

    static func size(_ value: String?, _ field: String) throws(Problem) {
        guard let value, ByteCount(value) == nil else { return }
        throw Problem(.bodyInvalid, "field '\(field)' must be a size such as 512M or 20G, not '\(value.prefix(40))'")
    }

    private static func shown(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : "\(number)"
    }
}

extension SnapshotRequest {
    package func check() throws(Problem) {
        try RequestBounds.number(maxPauseMilliseconds, "max_pause_milliseconds", in: 1...10_000)
        try RequestBounds.number(keepSeconds, "keep_seconds", in: 0...RequestBounds.longestTime)
        try RequestBounds.number(keepCount, "keep_count", in: 1...1000)
    }
}

extension CloneRequest {
    package func check() throws(Problem) {
        try RequestBounds.number(ttlSeconds, "ttl_seconds", in: 0...RequestBounds.longestTime)
        try RequestBounds.number(idleSeconds, "idle_seconds", in: 0...RequestBounds.longestTime)
        try RequestBounds.number(maxPauseMilliseconds, "max_pause_milliseconds", in: 1...10_000)
        try RequestBounds.cores(cpus)
        try RequestBounds.size(memory, "memory")
    }
}

extension ExtendRequest {
    package func check() throws(Problem) {
        try RequestBounds.number(ttlSeconds, "ttl_seconds", in: 0...RequestBounds.longestTime)
    }
}

extension TemplateRequest {
    package func check() throws(Problem) {
        try RequestBounds.number(pool, "pool", in: 0...100)
        try RequestBounds.cores(cpus)
        try RequestBounds.size(memory, "memory")
    }
}

extension RotateRequest {
    package func check() throws(Problem) {
        try RequestBounds.number(graceSeconds, "grace_seconds", in: 0...RequestBounds.longestGrace)
    }
}

extension ScaleRequest {
    package func check() throws(Problem) {
        try RequestBounds.number(instances, "instances", in: 1...RequestBounds.largestNumber)
        try RequestBounds.number(drainSeconds, "drain_seconds", in: 0...RequestBounds.longestDrain)
        try RequestBounds.cores(cpus)
        try RequestBounds.size(memory, "memory")
    }
}

extension PromoteRequest {
    package func check() throws(Problem) {
        try RequestBounds.number(instance, "instance", in: 0...RequestBounds.largestNumber)
        try RequestBounds.number(drainSeconds, "drain_seconds", in: 0...RequestBounds.longestDrain)
    }
}

extension FailoverRequest {
    package func check() throws(Problem) {
        try RequestBounds.number(instance, "instance", in: 0...RequestBounds.largestNumber)
    }
}

extension RestartRequest {
    package func check() throws(Problem) {
        try RequestBounds.number(instance, "instance", in: 0...RequestBounds.largestNumber)
    }
}

extension ResyncRequest {
    package func check() throws(Problem) {
        try RequestBounds.number(instance, "instance", in: 0...RequestBounds.largestNumber)
    }
}

extension ClientOfferRequest {
    package func check() throws(Problem) {
        try RequestBounds.number(instance, "instance", in: 0...RequestBounds.largestNumber)
    }
}

extension PoolRequest {
    package func check() throws(Problem) { try RequestBounds.size(size, "size") }
}
