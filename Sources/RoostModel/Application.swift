import Foundation

/// An application's document in the store; it also stands in each instance's manifest.
package struct Application: Codable, Equatable, Sendable {
    package let name: ApplicationName
    /// The system user its servers run as. Nobody else's servers do, so that one application cannot read another's files.
    package let user: ServerUser
    /// Its services in the build file's order; those that left the file stay at the end. Decides `DATABASE_URL`.
    package var order: [ServiceName]
    /// Set once `destroy` was confirmed: forgotten when the last service is gone.
    package var isEnding: Bool
    package let createdAt: Date

    package init(
        name: ApplicationName, user: ServerUser, order: [ServiceName] = [], isEnding: Bool = false, createdAt: Date
    ) {
        self.name = name
        self.user = user
        self.order = order
        self.isEnding = isEnding
        self.createdAt = createdAt
    }
}

/// What stands beside a snapshot's data, in `snapshot.json`.
package struct SnapshotRecord: Codable, Equatable, Sendable {
    /// The end of the id of what an upgrade left that was taken back.
    package static let failedSuffix = "-failed"

    package let id: String
    package let manifest: Manifest
    /// Why it was taken: `manual`, `clone`, `template`, `destroy`, `restore`, `upgrade`, `seed`, `replica`.
    package let reason: String
    /// How: `rename`, `subvolume`, `reflink`, `copy`, `backup mode`, or the engine's own means (`mariadb-backup`).
    package let method: String
    /// How long the running server's writers were held up for it. Nil: no server ran.
    package let pauseMilliseconds: Double?
    package let createdAt: Date
    /// Nil: kept until somebody removes it.
    package let expiresAt: Date?

    /// Taken on request, and kept by count and age.
    package static let manual = "manual"
    /// Kept for as long as a clone is made of it.
    package static let clone = "clone"
    /// Kept until a replica was made of it.
    package static let seed = "seed"

    /// What a replica had when it left, or when its service was destroyed.
    package static let replica = "replica"

    /// The id of the image that a replica is made of. `uid`: of the instance; an earlier one's image is too old. Another
    /// epoch's may hold what the present primary lacks.
    package static func seed(of uid: String, _ epoch: UInt64) -> String { "seed-\(uid)-\(epoch)" }

    /// Kept for as long as a template is built from it.
    package static let template = "template"

    package init(
        id: String, manifest: Manifest, reason: String, method: String, pauseMilliseconds: Double? = nil,
        createdAt: Date, expiresAt: Date?
    ) {
        self.pauseMilliseconds = pauseMilliseconds
        self.id = id
        self.manifest = manifest
        self.reason = reason
        self.method = method
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}
