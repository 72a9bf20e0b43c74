import RoostModel

/// State of the machine's own work: one change of the members and one update of the router at a time.
extension ServiceMachine {
    /// State of the last change of the members.
    struct Enlisting {
        var isUnderWay = false
        /// Why the change could not be stored, a sentence.
        var failure: String?
        /// A failed attempt is repeated at the next tick.
        var isDue = true
    }

    /// State of the updates to the router.
    struct Routing {
        var isUnderWay = false
        /// Numbers of the requested gates that the update covers, by index.
        var gateRequests: [Int: Int64] = [:]
        /// Failure of the last attempt; nil if it succeeded.
        var failure: InstanceSpec.Admission.Failure?
        var attempts: Int64 = 0
        /// A failed attempt is repeated at the next tick, or when an agent requests another gate.
        var isDue = true
    }
}
