import RoostModel

/// Asks which artifacts and sources of custom services are on the machine.
package struct LookForImages: AgentCall, Equatable {
    package static let name = "images"

    package let images: Set<ContentDigest>
    package let application: ApplicationName
    package let sources: Set<ContentDigest>

    package init(_ images: Set<ContentDigest>, of application: ApplicationName, sources: Set<ContentDigest> = []) {
        self.images = images
        self.application = application
        self.sources = sources
    }

    package struct Answer: Codable, Equatable, Sendable {
        package let images: Set<ContentDigest>
        package let sources: Set<ContentDigest>

        package init(images: Set<ContentDigest>, sources: Set<ContentDigest>) {
            self.images = images
            self.sources = sources
        }
    }
}

/// Inputs of an artifact's build. Equal orders make one artifact.
package struct BuildOrder: Codable, Equatable, Sendable {
    package let instance: InstanceID
    package let settings: CustomSettings
    package let source: ContentDigest
    package let image: ContentDigest
    package let memory: ByteCount

    package init(
        instance: InstanceID, settings: CustomSettings, source: ContentDigest, image: ContentDigest, memory: ByteCount
    ) {
        self.instance = instance
        self.settings = settings
        self.source = source
        self.image = image
        self.memory = memory
    }
}

/// Builds an artifact. Idempotent: an existing artifact is kept.
package struct BuildImage: AgentJob, Equatable {
    package typealias Result = Done
    package static let name = "build image"

    package let order: BuildOrder

    package init(_ order: BuildOrder) { self.order = order }
}

/// Lays the order's artifact out beside the running one, and runs its postinstall there. Idempotent.
package struct PrepareImage: AgentJob, Equatable {
    package typealias Result = Done
    package static let name = "prepare image"

    package let order: SealedOrder

    package init(_ order: SealedOrder) { self.order = order }
}

/// Removes artifacts that neither `kept` nor a snapshot on the machine names, except those of the last hour.
package struct RemoveImages: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "remove images"

    package let kept: Set<ContentDigest>

    package init(except kept: Set<ContentDigest>) { self.kept = kept }
}

/// Asks which of these Debian packages are not installed, and which of those the machine's package lists do not have.
package struct LookForPackages: AgentCall, Equatable {
    package static let name = "packages"

    package let packages: [String]

    package init(_ packages: [String]) { self.packages = packages }

    package struct Answer: Codable, Equatable, Sendable {
        package let missing: [String]
        package let unknown: [String]

        package init(missing: [String], unknown: [String]) {
            self.missing = missing
            self.unknown = unknown
        }
    }
}

package struct InstallPackages: AgentJob, Equatable {
    package typealias Result = Done
    package static let name = "install packages"

    package let packages: [String]

    package init(_ packages: [String]) { self.packages = packages }
}

/// Stores a source. The source is kept only if its digest is the one that is named.
package struct StoreSource: AgentUpload, Equatable {
    package typealias Receipt = Done
    package static let name = "store source"
    package static let subject = "the source"

    package let application: ApplicationName
    package let digest: ContentDigest

    package init(_ application: ApplicationName, _ digest: ContentDigest) {
        self.application = application
        self.digest = digest
    }
}
