import RoostModel

/// Where everything is in a daemon's home folder.
package struct HomePaths: Sendable {
    package let home: String

    package init(home: String) { self.home = home }

    package var lock: String { "\(home)/roostd.lock" }
    package var socket: String { "\(home)/roostd.sock" }
    package var store: String { "\(home)/store.db" }
    package var storeCopy: String { "\(home)/store.copy.db" }
    package var key: String { "\(home)/key" }
    package var authority: String { "\(home)/ca" }
    package var router: String { "\(home)/router" }
    package var routerSocket: String { "\(router)/control.sock" }
    package var routerLog: String { "\(router)/router.log" }
    package var routerLock: String { "\(router)/spawn.lock" }
    package var routerRecord: String { "\(router)/process.json" }
    package var applications: String { "\(home)/apps" }
    package var instances: String { "\(home)/instances" }
    package var snapshots: String { "\(home)/snapshots" }
    package var ready: String { "\(home)/ready" }
    package var scratch: String { "\(home)/scratch" }
    package var engines: String { "\(home)/engines" }
    /// Where builds are made ready to be added, a folder each; cleared at each start.
    package var engineWork: String { "\(engines)/.work" }

    /// What a home holds from its first start on, or before it; a folder with other things in it is none.
    static let names: Set<String> = [
        "roostd.lock", "roostd.log", "roostd.log.1", "store.db", "key", "ca", "router", "apps", "instances",
        "snapshots",
        "ready", "scratch", "engines", "images", "builds", "sources", "dumps", "pool", "pool.img", "lost+found",
    ]
    /// What builds of custom services made, by digest.
    package var images: String { "\(home)/images" }
    /// Where they are made.
    package var builds: String { "\(home)/builds" }
    /// What they are made from, until they are.
    package var sources: String { "\(home)/sources" }
    package func image(_ image: ContentDigest) -> String { "\(images)/\(image)" }
    package func source(_ name: ApplicationName, _ digest: ContentDigest) -> String {
        "\(sources)/\(name)/\(digest).tar"
    }
    /// What the instances of an application's custom services find as `~/environment.json`.
    package func customEnvironment(_ name: ApplicationName) -> String { "\(application(name))/custom.json" }

    package func application(_ name: ApplicationName) -> String { "\(applications)/\(name)" }
    package func instances(of name: ApplicationName) -> String { "\(instances)/\(name)" }
    package func instance(_ id: InstanceID) -> InstancePaths {
        InstancePaths(folder: "\(instances(of: id.service.application))/\(id.name)")
    }
    package func snapshots(of id: ServiceID) -> String { "\(snapshots)/\(id.application)/\(id.service)" }
    package func snapshot(_ id: ServiceID, _ snapshot: String) -> SnapshotPaths {
        SnapshotPaths(folder: "\(snapshots(of: id))/\(snapshot)")
    }
    package func ready(_ engine: EngineIdentity) -> String { "\(ready)/\(engine)" }
}

/// One instance's folder. It belongs to root; what the server writes is in subfolders of the server's user.
package struct InstancePaths: Sendable {
    package let folder: String

    package var manifest: String { "\(folder)/manifest.json" }
    package var data: String { "\(folder)/data" }
    package var configuration: String { "\(folder)/conf" }
    package var logs: String { "\(folder)/log" }
    package var log: String { "\(logs)/server.log" }
    package var lock: String { "\(folder)/lock" }
    package var process: String { "\(folder)/process.json" }
    package var applied: String { "\(folder)/applied.json" }
    package var certificate: String { "\(folder)/certificate.json" }
    /// Of a custom service: where its image is laid out, and what its processes know as `~`.
    package var home: String { "\(folder)/home" }
    /// Names the image that `home` is made of; missing while that changes.
    package var homeImage: String { "\(folder)/home.image" }
    /// A layout with its postinstall done, that waits to become `home`.
    package func prepared(_ image: ContentDigest) -> String { "\(folder)/\(Self.preparedPrefix)\(image.short)" }
    package static let preparedPrefix = "next-"
    /// A layout in the making.
    package var layingOut: String { "\(folder)/laying-out" }
    /// Where a restore, named by the snapshot it keeps, prepares its copy.
    package func staging(_ restore: String) -> String { "\(folder)/restore-\(restore)" }
    package func staged(_ restore: String) -> String { "\(staging(restore))/data" }
}

/// One snapshot's folder: `snapshot.json` and `data`. Without `data` it is no snapshot yet.
package struct SnapshotPaths: Sendable {
    package let folder: String
    package var record: String { "\(folder)/snapshot.json" }
    package var data: String { "\(folder)/data" }
}
