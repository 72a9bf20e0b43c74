import RoostEngines
import RoostModel

/// The source of a template build's data.
package enum BuildStart: Equatable, Sendable {
    case dump(Dump)
    case snapshot(ServiceID, id: String)
}
