import Foundation
import Glibc
import RoostEngines
import RoostHost
import RoostModel
import RoostTasks

/// Layouts: what an instance runs, made from a custom service's artifact. A layout is made beside the present one, its
/// postinstall included, so that a failure changes nothing that runs. It replaces the present one while no process of
/// the instance lives.
struct Layouts: Sendable {
    private static let postinstallPatience: Duration = .seconds(10 * 60)
    /// The script name of dotCloud: it runs if the build file names no script and the source has it.
    private static let usualPostinstall = "postinstall"

    let disk: HomeDisk
    let artifacts: Artifacts
    let scripts: Scripts
    /// Serialises the layouts of each instance.
    private let queue = KeyedQueue()

    init(disk: HomeDisk, artifacts: Artifacts, scripts: Scripts) {
        self.disk = disk
        self.artifacts = artifacts
        self.scripts = scripts
    }

    private var paths: HomePaths { disk.paths }

    /// Lays the order's artifact out beside the running one, and runs its postinstall there. Idempotent.
    func prepare(
        _ order: InstanceOrder, output: @escaping @Sendable (String) async -> Void
    ) async throws(HostFailure) {
        guard let image = order.service.settings.custom?.image else {
            throw HostFailure("the service has no image", isPermanent: true)
        }
        try await queue.inTurn("\(order.id)") {
            let instance = paths.instance(order.id)
            if isPlaced(image, instance) || FileManager.default.fileExists(atPath: instance.prepared(image)) { return }
            try await disk.pool.run { try layOut(image, order) }
            try await postinstall(order, output)
            try await disk.pool.run {
                try disk.naming("finish the layout") {
                    try Storage.rename(from: instance.layingOut, to: instance.prepared(image))
                }
            }
        }
    }

    /// Makes the order's layout the present one. Called while no process of the instance lives.
    func place(_ order: InstanceOrder) async throws(HostFailure) {
        guard let image = order.service.settings.custom?.image else {
            throw HostFailure("the service has no image", isPermanent: true)
        }
        let instance = paths.instance(order.id)
        if !isPlaced(image, instance) {
            try await prepare(order) { _ in }
            try await disk.pool.run { try place(image, instance) }
        }
        try await disk.pool.run { try copyEnvironment(order, to: instance.home) }
    }

    private func isPlaced(_ image: ContentDigest, _ instance: InstancePaths) -> Bool {
        guard let data = FileManager.default.contents(atPath: instance.homeImage) else { return false }
        return String(decoding: data, as: UTF8.self) == image.rawValue
    }

    /// Idempotent: after a crash, `home.image` is missing and the step begins again with what is prepared.
    private func place(_ image: ContentDigest, _ instance: InstancePaths) throws(HostFailure) {
        try disk.naming("place the new layout") {
            try Storage.removeTree(instance.homeImage, within: instance.folder)
            if FileManager.default.fileExists(atPath: instance.prepared(image)) {
                try Storage.removeTree(instance.home, within: instance.folder)
                try Storage.rename(from: instance.prepared(image), to: instance.home)
            }
            try Storage.writeAtomically(Data(image.rawValue.utf8), to: instance.homeImage, mode: 0o600, owner: nil)
            for name in HomeDisk.names(in: instance.folder) where name.hasPrefix(InstancePaths.preparedPrefix) {
                try Storage.removeTree("\(instance.folder)/\(name)", within: instance.folder)
            }
        }
    }

    private func layOut(_ image: ContentDigest, _ order: InstanceOrder) throws(HostFailure) {
        let instance = paths.instance(order.id)
        let target = instance.layingOut
        guard artifacts.hasImage(image) else {
            throw HostFailure(
                "its image \(image.short) is not on this machine; push the service again", isPermanent: true)
        }
        try disk.naming("unpack its image") {
            try Storage.removeTree(target, within: instance.folder)
            _ = try Storage.copyTree(from: paths.image(image), to: target, preferring: .reflink)
            // The data folder is the instance's: what the build left there is removed.
            let data = "\(target)/\(CustomProgram.dataFolder)"
            try Storage.removeTree(data, within: target)
            guard symlink("../data", data) == 0 else {
                throw HostFailure("cannot create the link \(data): errno \(errno)")
            }
        }
        try copyEnvironment(order, to: target)
        try disk.naming("give the layout to its user") {
            if let user = order.user { try Storage.giveTree(target, to: user) }
        }
    }

    /// Writes the application's variables into the home folder, as `~/environment.json` for example. The server's
    /// user cannot replace the home folder itself: it is in a folder of root's.
    private func copyEnvironment(_ order: InstanceOrder, to home: String) throws(HostFailure) {
        for (source, name) in [
            (paths.customEnvironment(order.application.name), "environment.json"),
            (paths.customVariables(order.application.name), CustomProgram.variablesFile),
        ] {
            guard let data = FileManager.default.contents(atPath: source) else { continue }
            try disk.naming("write \(name)") {
                try Storage.writeAtomically(data, to: "\(home)/\(name)", mode: 0o600, owner: order.user)
            }
        }
    }

    // MARK: Postinstall

    private func postinstall(
        _ order: InstanceOrder, _ output: @escaping @Sendable (String) async -> Void
    ) async throws {
        let instance = paths.instance(order.id)
        let source = "\(instance.layingOut)/\(CustomProgram.sourceFolder)"
        let custom = order.service.settings.custom ?? CustomSettings(processes: [])
        let hasUsual = access("\(source)/\(Self.usualPostinstall)", X_OK) == 0
        guard let script = custom.postinstall ?? (hasUsual ? "./\(Self.usualPostinstall)" : nil) else { return }
        let user = order.user
        try await disk.pool.run {
            // The mount point of the layout must exist; before the first layout it does not.
            try disk.naming("make its home folder") {
                if try Storage.look(at: instance.home) == nil {
                    try Storage.makeFolder(instance.home, mode: 0o711, owner: nil)
                }
            }
        }
        let program = CustomProgram(
            instance: order.id, settings: custom, home: user == nil ? instance.layingOut : instance.home,
            userName: user?.name ?? ServerUsers.caller.name, ports: order.service.custom?.ports ?? [])
        try await ScriptRun(
            title: "postinstall of \(order.id.name)", program: program.script(Scripts.command(script, in: source)),
            supervisor: try scripts.supervisor(), user: user, folder: instance.folder,
            group: try scripts.group(order.id.groupName), memory: order.service.settings.memory,
            patience: Self.postinstallPatience,
            view: ScriptRun.View(bound: [(instance.layingOut, instance.home)]), output: output
        ).run(on: disk.pool)
    }
}
