/// Runs to its end although the caller was cancelled: for what has to be put right after work that was. Calls that wait for
/// a server or a disk throw at once in a cancelled task.
package func uncancelled<Value: Sendable, Failure: Error>(
    _ work: @escaping @Sendable () async throws(Failure) -> Value
) async throws(Failure) -> Value {
    let result = await Task { () async -> Result<Value, Failure> in
        do throws(Failure) { return .success(try await work()) } catch { return .failure(error) }
    }.value
    return try result.get()
}
