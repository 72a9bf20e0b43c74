import RoostModel

// Capabilities whose absence is an error, with its message.
extension Engine {
    package func cloning() throws(EngineError) -> any Cloning {
        if let able = self as? any Cloning { return able }
        throw .notOffered("\(family.name) services cannot be cloned")
    }

    package func loading() throws(EngineError) -> any DumpLoading {
        if let able = self as? any DumpLoading { return able }
        throw .notOffered("\(family.name) dumps cannot be loaded")
    }

    package func scripting() throws(EngineError) -> any Scripting {
        if let able = self as? any Scripting { return able }
        throw .notOffered("\(family.name) services cannot run scripts")
    }

    package func accounts() throws(EngineError) -> any UserAccounts {
        if let able = self as? any UserAccounts { return able }
        throw .notOffered("the program of a \(family.name) service manages its own accounts")
    }

    package func replication() throws(EngineError) -> any Replication {
        if let able = self as? any Replication { return able }
        throw .notOffered("\(family.name) services are limited to one instance in this version of Roost")
    }

    package func comparing() throws(EngineError) -> any Comparing {
        if let able = self as? any Comparing { return able }
        throw .notOffered("the members of \(family.name) services cannot be compared in this version of Roost")
    }

    /// Every engine accepts an empty list.
    package func accept(extensions: [String], build: EngineBuild) throws(EngineError) {
        if let able = self as? any Extensions { return try able.check(extensions: extensions, build: build) }
        if !extensions.isEmpty { throw .extensionsRefused(["\(family.name) does not support extensions"]) }
    }
}

// Capabilities whose absence means that there is nothing to do.
extension Engine {
    package var accountMending: (any AccountMending)? { self as? any AccountMending }
    package var readerPositions: (any ReaderPositions)? { self as? any ReaderPositions }
    package var accountLocking: (any AccountLocking)? { self as? any AccountLocking }
    package var settling: (any Settling)? { self as? any Settling }
    package var backupModes: (any BackupModes)? { self as? any BackupModes }
    package var onlineBackups: (any OnlineBackups)? { self as? any OnlineBackups }
    package var stripping: (any Stripping)? { self as? any Stripping }
    package var dumpTaking: (any DumpTaking)? { self as? any DumpTaking }
    package var dumpPlacing: (any DumpPlacing)? { self as? any DumpPlacing }
    package var exporting: (any Exporting)? { self as? any Exporting }
    package var logTrimming: (any LogTrimming)? { self as? any LogTrimming }
    package var upgrades: (any Upgrades)? { self as? any Upgrades }
}
