import Glibc
import RoostHost
import RoostModel

/// Paths in a daemon's home folder.
///
/// Databases and their snapshots are in one of two places: the home itself, or the pool, a file system of its own
/// that has reflinks. Copies share blocks only within a place, so an instance, its snapshots and their clones are in
/// the same one.
package struct HomePaths: Sendable {
    package let home: String

    package init(home: String) { self.home = home }

    package var lock: String { "\(home)/roostd.lock" }
    package var key: String { "\(home)/key" }
    package var authority: String { "\(home)/ca" }
    /// The certificate by which clients verify the home's servers. Every user can read it.
    package var authorityCertificate: String { "\(authority)/ca.pem" }
    package var router: String { "\(home)/router" }
    package var routerSocket: String { "\(router)/control.sock" }
    package var routerLog: String { "\(router)/router.log" }
    package var routerLock: String { "\(router)/spawn.lock" }
    package var routerRecord: String { "\(router)/process.json" }
    package var applications: String { "\(home)/apps" }
    package var engines: String { "\(home)/engines" }
    /// Work folders of builds that are being added, one for each; cleared at each start.
    package var engineWork: String { "\(engines)/.work" }

    /// Dumps on their way into services, a folder for each; cleared at each start.
    package var imports: String { "\(home)/imports" }

    /// Names that a new home folder may hold. A folder with other names in it is no home.
    static let names: Set<String> = [
        "roostd.lock", "roostd.log", "roostd.log.1", "store.db", "key", "ca", "router", "apps", "instances",
        "snapshots", "templates", "template-work", "pool.img.unfinished",
        "ready", "scratch", "engines", "images", "builds", "sources", "dumps", "received", "imports", "pool",
        "pool.img",
        "lost+found",
    ]
    /// Artifacts of custom services, by digest.
    package var images: String { "\(home)/images" }
    /// Folders in which artifacts are built.
    package var builds: String { "\(home)/builds" }
    /// Sources of artifacts, kept until they are built.
    package var sources: String { "\(home)/sources" }
    package func image(_ image: ContentDigest) -> String { "\(images)/\(image)" }
    package func source(_ name: ApplicationName, _ digest: ContentDigest) -> String {
        "\(sources)/\(name)/\(digest).tar"
    }
    /// The file that the instances of an application's custom services see as `~/environment.json`.
    package func customEnvironment(_ name: ApplicationName) -> String { "\(application(name))/custom.json" }
    /// The file that instances declared in dotCloud's form see as `~/environment.sh`.
    package func customVariables(_ name: ApplicationName) -> String { "\(application(name))/custom.sh" }

    package func application(_ name: ApplicationName) -> String { "\(applications)/\(name)" }

    // MARK: Places

    package var poolImage: String { "\(home)/pool.img" }
    package var pool: String { "\(home)/pool" }
    /// Marker file in the pool, from its making on. It is missing where the pool's path is an empty folder because
    /// the pool is not mounted.
    package static let poolMarker = PoolImage.marker
    package var dumps: String { "\(home)/dumps" }
    /// Dumps that were uploaded, from standard input or from another machine.
    package var received: String { "\(home)/received" }

    package var homePlace: Place { Place(root: home) }
    package var poolPlace: Place { Place(root: pool) }
    /// Whether the pool can be used. Read from the disk each time, which takes some microseconds: the pool may be
    /// made while the daemon runs. A pool that is just being made has another name, and may still be undone.
    package var hasPool: Bool { access("\(pool)/\(Self.poolMarker)", F_OK) == 0 && access(poolImage, F_OK) == 0 }
    /// Whether a pool was made and is not mounted. It is no empty pool: nothing is initialised then.
    package var isPoolMissing: Bool { !hasPool && access(poolImage, F_OK) == 0 }

    /// The place of new databases.
    package var freshPlace: Place { hasPool ? poolPlace : homePlace }
    /// Every place that is available, the home first.
    package var places: [Place] { hasPool ? [homePlace, poolPlace] : [homePlace] }

    /// Whether the place of an instance is unknown, because the pool that may hold the instance is not mounted.
    package func isPlaceUnknown(of id: InstanceID) -> Bool {
        isPoolMissing && access(homePlace.instance(id).folder, F_OK) != 0
    }

    /// The place of an instance: where it is, or else would be put.
    package func place(of id: InstanceID) -> Place {
        places.last { access($0.instance(id).folder, F_OK) == 0 } ?? freshPlace
    }

    package func instance(_ id: InstanceID) -> InstancePaths { place(of: id).instance(id) }

    /// The folder of a snapshot: where it is, or else would be put, beside its instance.
    package func snapshot(_ id: ServiceID, _ snapshot: String, of index: Int = 0) -> SnapshotPaths {
        let standing = places.map { $0.snapshot(id, snapshot) }.last { access($0.folder, F_OK) == 0 }
        return standing ?? place(of: InstanceID(id, index)).snapshot(id, snapshot)
    }

    /// The folder of a template's version: where it is, or else would be put.
    package func template(_ name: TemplateName, _ version: String) -> TemplatePaths {
        let standing = places.map { $0.template(name, version) }.last { access($0.folder, F_OK) == 0 }
        return standing ?? freshPlace.template(name, version)
    }

    /// The data that a clone is a copy of.
    package func image(_ origin: CloneOrigin) -> String {
        switch origin {
        case .template(let name, let version): template(name, version).data
        case .snapshot(let service, let id): snapshot(service, id).data
        }
    }
}

/// A root folder of databases and their snapshots: the home, or the pool.
package struct Place: Hashable, Sendable {
    package let root: String

    package var instances: String { "\(root)/instances" }
    package var snapshots: String { "\(root)/snapshots" }
    package var templates: String { "\(root)/templates" }
    package var ready: String { "\(root)/ready" }
    package var scratch: String { "\(root)/scratch" }
    /// Servers of template builds, and nothing that outlives the daemon that started them.
    package var templateWork: String { "\(root)/template-work" }

    package func instances(of name: ApplicationName) -> String {
        name == .builds ? templateWork : "\(instances)/\(name)"
    }
    package func instance(_ id: InstanceID) -> InstancePaths {
        InstancePaths(folder: "\(instances(of: id.service.application))/\(id.name)")
    }
    package func snapshots(of id: ServiceID) -> String { "\(snapshots)/\(id.application)/\(id.service)" }
    package func snapshot(_ id: ServiceID, _ snapshot: String) -> SnapshotPaths {
        SnapshotPaths(folder: "\(snapshots(of: id))/\(snapshot)")
    }
    package func template(_ name: TemplateName, _ version: String) -> TemplatePaths {
        TemplatePaths(folder: "\(templates)/\(name)/\(version)")
    }
    package func ready(_ engine: EngineIdentity) -> String { "\(ready)/\(engine)" }
}

/// The folder of a template's version: `template.json` and `data`. Without `data` it is no version yet.
package struct TemplatePaths: Sendable {
    package let folder: String
    package var record: String { "\(folder)/template.json" }
    package var data: String { "\(folder)/data" }
}

/// The folder of an instance. It belongs to root; the server writes to subfolders that belong to its user.
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
    /// The loss note: exists while a running server serves files that were removed.
    package var loss: String { "\(folder)/loss.json" }
    /// Marker: exists from the copy of a live server's data until the original's accounts are locked.
    package var foreignAccounts: String { "\(folder)/accounts.foreign" }
    /// The home folder of a custom service's instance, `~` for its processes: the artifact's layout.
    package var home: String { "\(folder)/home" }
    /// Names the artifact that `home` is made of; missing while that changes.
    package var homeImage: String { "\(folder)/home.image" }
    /// A layout whose postinstall is done, and that waits to become `home`.
    package func prepared(_ image: ContentDigest) -> String { "\(folder)/\(Self.preparedPrefix)\(image.short)" }
    package static let preparedPrefix = "next-"
    /// Copies that the server or a program of its engine writes. They are here because a server sees no other folder
    /// of the home than its own.
    package var onlineCopies: String { "\(folder)/online-copies" }
    /// A layout in the making.
    package var layingOut: String { "\(folder)/laying-out" }
    /// Folder in which a restore prepares its copy. The restore is named by the snapshot that it keeps.
    package func staging(_ restore: String) -> String { "\(folder)/restore-\(restore)" }
    package func staged(_ restore: String) -> String { "\(staging(restore))/data" }
}

/// The folder of a snapshot: `snapshot.json` and `data`. Without `data` it is no snapshot yet.
package struct SnapshotPaths: Sendable {
    package let folder: String
    package var record: String { "\(folder)/snapshot.json" }
    package var data: String { "\(folder)/data" }
}
