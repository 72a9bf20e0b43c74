import RoostEngines
import RoostModel

/// What a template's build begins with.
package enum BuildStart: Equatable, Sendable {
    case dump(Dump)
    case snapshot(ServiceID, id: String)
}
