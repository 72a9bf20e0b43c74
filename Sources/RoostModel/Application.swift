import Foundation

/// An application's document in the store, also kept in each instance's manifest.
package struct Application: Codable, Equatable, Sendable {
    package let name: ApplicationName
    /// System user of the application's servers. No other servers use it, so that one application cannot read
    /// another's files.
    package let user: ServerUser
    /// The services in the build file's order; those that left the file stay at the end. The order decides
    /// `DATABASE_URL`.
    package var order: [ServiceName]
    /// Set once `destroy` was confirmed: the application is forgotten when its last service is gone.
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

/// Record beside a snapshot's data, in `snapshot.json`.
package struct SnapshotRecord: Codable, Equatable, Sendable {
    /// Suffix of the id of a snapshot with the data of an upgrade that was taken back.
    package static let failedSuffix = "-failed"

    package let id: String
    package let manifest: Manifest
    /// Reason: `manual`, `clone`, `template`, `destroy`, `restore`, `upgrade`, `seed`, `replica`, `diverged`.
    package let reason: String
    /// Method: `rename`, `subvolume`, `reflink`, `copy`, `backup mode`, or the engine's own means (`mariadb-backup`).
    package let method: String
    /// Pause of the running server's writers. Nil if no server ran.
    package let pauseMilliseconds: Double?
    package let createdAt: Date
    /// Nil if the snapshot is kept until it is removed.
    package let expiresAt: Date?

    /// Reason of a snapshot taken on request, kept by count and age.
    package static let manual = "manual"
    /// Reason of a snapshot kept for as long as a clone is made of it.
    package static let clone = "clone"
    /// Reason of a snapshot kept until a replica was made of it.
    package static let seed = "seed"

    /// Reason of a snapshot with a replica's data, kept when the replica left or its service was destroyed.
    package static let replica = "replica"

    /// Reason of a snapshot with the data of a member that were replaced by those of the primary. It may hold writes
    /// that no other member has.
    package static let diverged = "diverged"

    /// Reason of a snapshot kept for as long as a template is built from it.
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
