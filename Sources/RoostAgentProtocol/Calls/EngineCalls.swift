import RoostModel

/// The engines with the builds that are on the machine now.
package struct DescribeEngines: AgentCall, Equatable {
    package typealias Answer = EngineInventory
    package static let name = "engines"

    package init() {}
}

/// Lets the engine check settings. Refused with `.configRefused` in the engine's own words.
package struct CheckConfiguration: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "check configuration"

    package let config: [String: String]
    package let memory: ByteCount
    package let engine: EngineIdentity

    package init(config: [String: String], memory: ByteCount, engine: EngineIdentity) {
        self.config = config
        self.memory = memory
        self.engine = engine
    }
}

/// Checks that the engine has these extensions. Refused with `.configRefused`, and what to install.
package struct CheckExtensions: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "check extensions"

    package let extensions: [String]
    package let engine: EngineIdentity

    package init(extensions: [String], engine: EngineIdentity) {
        self.extensions = extensions
        self.engine = engine
    }
}

/// Asks whether data of one build can be taken over by another in place.
package struct CheckUpgrade: AgentCall, Equatable {
    package static let name = "check upgrade"

    package let from: EngineIdentity
    package let to: EngineVersion

    package init(from: EngineIdentity, to: EngineVersion) {
        self.from = from
        self.to = to
    }

    package struct Answer: Codable, Equatable, Sendable {
        /// Why the data cannot be taken over, for the person who asked. Nil if they can.
        package let fault: String?

        package init(fault: String?) { self.fault = fault }
    }

    // Versions are encoded as text, as everywhere.
    private enum CodingKeys: String, CodingKey { case from, to }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        from = try fields.decode(EngineIdentity.self, forKey: .from)
        let text = try fields.decode(String.self, forKey: .to)
        guard let version = EngineVersion(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: .to, in: fields, debugDescription: "'\(text)' is no version")
        }
        to = version
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(from, forKey: .from)
        try fields.encode("\(to)", forKey: .to)
    }
}

/// Checks whether a build can be added. The answer names the families that the build may belong to.
package struct CheckEngineRequest: AgentCall {
    package typealias Answer = [String]
    package static let name = "check engine"

    package let request: EngineRequest

    package init(_ request: EngineRequest) { self.request = request }
}

/// Adds a build, and makes ready directories for it.
package struct AddEngine: AgentJob {
    package static let name = "add engine"

    package let request: EngineRequest
    /// Port of the trial server.
    package let port: PortNumber
    /// Name of the work folder: the id of the operation.
    package let work: String

    package init(_ request: EngineRequest, port: PortNumber, work: String) {
        self.request = request
        self.port = port
        self.work = work
    }

    package struct Result: Codable, Equatable, Sendable {
        package let engine: EngineIdentity
        package let origin: String

        package init(engine: EngineIdentity, origin: String) {
            self.engine = engine
            self.origin = origin
        }
    }
}

/// Takes an added build out of the way, so that no new service chooses it. `BringEngineBack` reverts that.
package struct SetEngineAside: AgentCall, Equatable {
    /// Name of the place where the build is now.
    package typealias Answer = String
    package static let name = "set engine aside"

    package let engine: EngineIdentity

    package init(_ engine: EngineIdentity) { self.engine = engine }
}

package struct BringEngineBack: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "bring engine back"

    package let engine: EngineIdentity
    package let place: String

    package init(_ engine: EngineIdentity, from place: String) {
        self.engine = engine
        self.place = place
    }
}

/// Removes a build that was set aside, and its ready directories.
package struct DeleteEngine: AgentJob, Equatable {
    package typealias Result = Done
    package static let name = "delete engine"

    package let engine: EngineIdentity
    package let place: String

    package init(_ engine: EngineIdentity, at place: String) {
        self.engine = engine
        self.place = place
    }
}

/// Starts to make ready directories for the newest build of each engine.
package struct MakeReady: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "make ready"

    package init() {}
}
