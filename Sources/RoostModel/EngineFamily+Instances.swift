extension EngineFamily {
    /// Why services of an engine that elects its primary cannot have this number of instances, a clause. Nil if they can.
    package static func evenFault(_ instances: Int) -> String? {
        guard instances.isMultiple(of: 2), instances > 0 else { return nil }
        return "\(instances) instances survive no more losses than \(instances - 1), because a majority of them elects "
            + "the primary: use an odd number, such as \(instances + 1)"
    }
}
