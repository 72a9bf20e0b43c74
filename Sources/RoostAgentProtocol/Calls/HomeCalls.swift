import RoostModel

/// The manifests beside the databases, from which a lost store is made again.
package struct ReadManifests: AgentCall, Equatable {
    package static let name = "manifests"

    package init() {}

    package struct Answer: Codable, Equatable, Sendable {
        package let found: [Found]
        /// A sentence for each folder that holds none that can be read.
        package let leftAlone: [String]

        package init(found: [Found], leftAlone: [String]) {
            self.found = found
            self.leftAlone = leftAlone
        }
    }

    package struct Found: Codable, Equatable, Sendable {
        package let manifest: Manifest
        package let hasData: Bool

        package init(manifest: Manifest, hasData: Bool) {
            self.manifest = manifest
            self.hasData = hasData
        }
    }
}

/// Reads the home's key, which the control plane has made by now, and the certificate authority that it opens.
package struct Unlock: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "unlock"

    package init() {}
}

/// Removes what an agent that died left half made, and lets every server run that it may have left frozen. Before the
/// agent is given its instances.
package struct ClearRemains: AgentJob, Equatable {
    package typealias Result = Done
    package static let name = "clear remains"

    package let instances: [InstanceID]
    /// Versions that documents name.
    package let templates: [TemplateName: Set<String>]
    /// Ids of snapshots that something goes on with.
    package let snapshots: Set<String>

    package init(instances: [InstanceID], templates: [TemplateName: Set<String>], snapshots: Set<String>) {
        self.instances = instances
        self.templates = templates
        self.snapshots = snapshots
    }
}

/// The certificate of the home's authority, in PEM.
package struct ReadAuthority: AgentCall, Equatable {
    package typealias Answer = String
    package static let name = "authority"

    package init() {}
}

/// Writes an application's environment files, for programs on the machine.
package struct PlaceEnvironment: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "environment"

    package let application: ApplicationName
    /// An encoded `Files`, sealed as `HomeKey.sealed(_:ofApplication:)` does. Nil: the application is gone, and they go too.
    package let files: SealedSecret?
    /// The instances of the application's custom services, which find the files in their own home folders.
    package let custom: [Home]

    package struct Home: Codable, Equatable, Sendable {
        package let instance: InstanceID
        package let user: ServerUser?

        package init(_ instance: InstanceID, user: ServerUser?) {
            self.instance = instance
            self.user = user
        }
    }

    /// By their names. They hold passwords.
    package struct Files: Codable, Equatable, Sendable {
        package let application: [String: String]
        package let custom: [String: String]

        package init(application: [String: String], custom: [String: String]) {
            self.application = application
            self.custom = custom
        }
    }

    package init(_ application: ApplicationName, files: SealedSecret?, custom: [Home]) {
        self.application = application
        self.files = files
        self.custom = custom
    }
}
