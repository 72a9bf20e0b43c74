import RoostModel

/// Reads the manifests beside the databases, from which a lost store is rebuilt.
package struct ReadManifests: AgentCall, Equatable {
    package static let name = "manifests"

    package init() {}

    package struct Answer: Codable, Equatable, Sendable {
        package let found: [Found]
        /// A sentence for each folder without a readable manifest.
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

/// Reads the home's key, which the control plane has made by now, and the certificate authority that the key opens.
package struct Unlock: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "unlock"

    package init() {}
}

/// Removes the unfinished work of an agent that died, and thaws servers that it may have left frozen. Called before
/// the agent is given its instances.
package struct ClearRemains: AgentJob, Equatable {
    package typealias Result = Done
    package static let name = "clear remains"

    package let instances: [InstanceID]
    /// Versions that documents name.
    package let templates: [TemplateName: Set<String>]
    /// Ids of snapshots that a procedure goes on with.
    package let snapshots: Set<String>

    package init(instances: [InstanceID], templates: [TemplateName: Set<String>], snapshots: Set<String>) {
        self.instances = instances
        self.templates = templates
        self.snapshots = snapshots
    }
}

/// Reads the certificate of the home's authority, in PEM.
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
    /// An encoded `Files`, sealed as by `HomeKey.sealed(_:ofApplication:)`. Nil: the application is gone, and its
    /// files are removed.
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

    /// Contents of the files by file name. They contain passwords.
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
