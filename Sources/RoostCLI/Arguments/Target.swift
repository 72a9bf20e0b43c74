import RoostModel

/// `data` or `data.0`: a service, or one of its instances.
package struct Target: Equatable, Sendable {
    package let service: ServiceName
    package let instance: Int?

    package init(_ text: String) throws(InvalidArgument) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        do {
            service = try ServiceName(String(parts[0]))
        } catch {
            throw InvalidArgument(error.description)
        }
        guard parts.count == 2 else {
            instance = nil
            return
        }
        guard parts[1].count <= 4, parts[1].allSatisfy({ ("0"..."9").contains($0) }), let index = Int(parts[1]) else {
            throw InvalidArgument("'\(text)' names no instance: write SERVICE or SERVICE.N, as in data.0")
        }
        instance = index
    }
}

/// Why an argument was not understood, and what is.
package struct InvalidArgument: Error, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
