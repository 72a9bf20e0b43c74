import Glibc
import RoostHost
import RoostModel

/// Where everything is in a daemon's home folder.
///
/// Databases and their images stand in one of two places: in the home itself, or in the pool, a file system of its own
/// that has reflinks. Copies share blocks within a place alone, so what is copied from one another stands in the same one:
/// an instance, its snapshots, their clones.
package struct HomePaths: Sendable {
    package let home: String

    package init(home: String) { self.home = home }

    package var lock: String { "\(home)/roostd.lock" }
    package var key: String { "\(home)/key" }
    package var authority: String { "\(home)/ca" }
    /// For everybody: what clients know the home's servers by.
    package var authorityCertificate: String { "\(authority)/ca.pem" }
    package var router: String { "\(home)/router" }
    package var routerSocket: String { "\(router)/control.sock" }
    package var routerLog: String { "\(router)/router.log" }
    package var routerLock: String { "\(router)/spawn.lock" }
    package var routerRecord: String { "\(router)/process.json" }
    package var applications: String { "\(home)/apps" }
    package var engines: String { "\(home)/engines" }
    /// Where builds are made ready to be added, a folder each; cleared at each start.
    package var engineWork: String { "\(engines)/.work" }

    /// Dumps on their way into services, a folder each; cleared at each start.
    package var imports: String { "\(home)/imports" }

    /// What a home holds from its first start on, or before it; a folder with other things in it is none.
    static let names: Set<String> = [
        "roostd.lock", "roostd.log", "roostd.log.1", "store.db", "key", "ca", "router", "apps", "instances",
        "snapshots", "templates", "template-work", "pool.img.unfinished",
        "ready", "scratch", "engines", "images", "builds", "sources", "dumps", "received", "imports", "pool",
        "pool.img",
        "lost+found",
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
    /// What those that were declared in dotCloud's form find as `~/environment.sh`.
    package func customVariables(_ name: ApplicationName) -> String { "\(application(name))/custom.sh" }

    package func application(_ name: ApplicationName) -> String { "\(applications)/\(name)" }

    // MARK: Places

    package var poolImage: String { "\(home)/pool.img" }
    package var pool: String { "\(home)/pool" }
    /// In the pool from its making on. Where it is missing, what stands at the pool's path is an empty folder.
    package static let poolMarker = PoolImage.marker
    package var dumps: String { "\(home)/dumps" }
    /// Dumps that were sent to the daemon, from standard input or from another machine.
    package var received: String { "\(home)/received" }

    package var homePlace: Place { Place(root: home) }
    package var poolPlace: Place { Place(root: pool) }
    /// Whether the pool can be used. Asked of the disk each time, some microseconds: it may be made while the daemon runs.
    /// One that is just being made bears another name, and may still be undone.
    package var hasPool: Bool { access("\(pool)/\(Self.poolMarker)", F_OK) == 0 && access(poolImage, F_OK) == 0 }
    /// A pool that was made and is not mounted is no empty pool: nothing is initialised then.
    package var isPoolMissing: Bool { !hasPool && access(poolImage, F_OK) == 0 }

    /// Where new databases are put.
    package var freshPlace: Place { hasPool ? poolPlace : homePlace }
    /// Every place that is there, the home first.
    package var places: [Place] { hasPool ? [homePlace, poolPlace] : [homePlace] }

    /// Whether it cannot be told where an instance stands: the pool that may hold it is not there.
    package func isPlaceUnknown(of id: InstanceID) -> Bool {
        isPoolMissing && access(homePlace.instance(id).folder, F_OK) != 0
    }

    /// Where an instance stands, or would be put.
    package func place(of id: InstanceID) -> Place {
        places.last { access($0.instance(id).folder, F_OK) == 0 } ?? freshPlace
    }

    package func instance(_ id: InstanceID) -> InstancePaths { place(of: id).instance(id) }

    /// Where a snapshot stands, or would be put: beside the instance that it is an image of.
    package func snapshot(_ id: ServiceID, _ snapshot: String, of index: Int = 0) -> SnapshotPaths {
        let standing = places.map { $0.snapshot(id, snapshot) }.last { access($0.folder, F_OK) == 0 }
        return standing ?? place(of: InstanceID(id, index)).snapshot(id, snapshot)
    }

    /// Where a template's version stands, or would be put.
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

/// A root that databases and their images stand under: the home, or the pool.
package struct Place: Hashable, Sendable {
    package let root: String

    package var instances: String { "\(root)/instances" }
    package var snapshots: String { "\(root)/snapshots" }
    package var templates: String { "\(root)/templates" }
    package var ready: String { "\(root)/ready" }
    package var scratch: String { "\(root)/scratch" }
    /// Servers of templates in the making, and nothing that outlives the daemon that started them.
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

/// One version of a template: `template.json` and `data`. Without `data` it is none yet.
package struct TemplatePaths: Sendable {
    package let folder: String
    package var record: String { "\(folder)/template.json" }
    package var data: String { "\(folder)/data" }
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
    /// Stands while a running server serves files that were removed.
    package var loss: String { "\(folder)/loss.json" }
    /// Stands from the copy of a live server's data until the original's accounts are kept out.
    package var foreignAccounts: String { "\(folder)/accounts.foreign" }
    /// Of a custom service: where its image is laid out, and what its processes know as `~`.
    package var home: String { "\(folder)/home" }
    /// Names the image that `home` is made of; missing while that changes.
    package var homeImage: String { "\(folder)/home.image" }
    /// A layout with its postinstall done, that waits to become `home`.
    package func prepared(_ image: ContentDigest) -> String { "\(folder)/\(Self.preparedPrefix)\(image.short)" }
    package static let preparedPrefix = "next-"
    /// Copies that the server or a program of its engine writes. A server sees no other folder of the home than its own.
    package var onlineCopies: String { "\(folder)/online-copies" }
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
