/// Runs `work` to its end although the caller was cancelled: for clean-up after cancelled work. In a cancelled task,
/// calls that wait for a server or a disk throw at once.
package func uncancelled<Value: Sendable, Failure: Error>(
    _ work: @escaping @Sendable () async throws(Failure) -> Value
) async throws(Failure) -> Value {
    let result = await Task { () async -> Result<Value, Failure> in
        do throws(Failure) { return .success(try await work()) } catch { return .failure(error) }
    }.value
    return try result.get()
}
