import Foundation
import RoostControl
import RoostEngines
import RoostHost
import RoostModel

// Clones: copies of templates and snapshots with servers of their own.
extension LocalHost {
    /// Makes a clone's first directory.
    func layClone(_ clone: ClonePlace, _ order: InstanceOrder) async throws(HostFailure) {
        try await choosePlace(beside: paths.image(clone.origin), order)
        try await writeManifest(order)
        let instance = paths.instance(order.id)
        let copy = "\(instance.folder)/copy"
        try await bulk.run { [self] in
            try naming("clear \(copy)") { try Storage.removeTree(copy, within: instance.folder) }
        }
        do { try await copyImage(clone, to: copy, order) } catch let failure as HostFailure { throw failure } catch {
            throw HostFailure("could not copy the image: \(error)")
        }
        try await bulk.run { [self] in
            try naming("hand over the copy") {
                // The files of a template have belonged to the clones' user since the template was sealed.
                if case .snapshot = clone.origin, let user = order.user { try Storage.giveTree(copy, to: user) }
                try Storage.rename(from: copy, to: instance.data, isDurable: clone.isDurable)
            }
        }
    }

    /// Makes the instance's folder in the same place as its source, with which it is to share blocks.
    func choosePlace(beside image: String, _ order: InstanceOrder) async throws(HostFailure) {
        guard let place = paths.places.last(where: { image.hasPrefix($0.root + "/") }),
            !paths.places.contains(where: { FileManager.default.fileExists(atPath: $0.instance(order.id).folder) })
        else { return }
        try await pool.run { [self] in
            try naming("make its folder") {
                try Storage.makeFolder(place.instances(of: order.id.service.application), mode: 0o711, owner: nil)
                try Storage.makeFolder(place.instance(order.id).folder, mode: 0o711, owner: nil)
            }
        }
    }

    package func stageClone(_ order: InstanceOrder) async throws(HostFailure) {
        guard let clone = order.service.clone, let staging = order.service.goal.staging else { return }
        try await stage(staging, order) { [self] copy in try await copyImage(clone, to: copy, order) }
    }

    /// Copies the source, and prepares the copy for a server of its own. A template is prepared already.
    private func copyImage(_ clone: ClonePlace, to target: String, _ order: InstanceOrder) async throws {
        let source = paths.image(clone.origin)
        let isDurable = clone.isDurable
        try await bulk.run { [self] in
            guard FileManager.default.fileExists(atPath: source) else {
                throw HostFailure("the image \(clone.origin.source) at \(source) is gone", isPermanent: true)
            }
            try reserve.refuseFullDisk(for: source, at: paths.instance(order.id).folder)
            // A clone that does not sync its data need not sync its copy: after a crash of the machine it is copied
            // anew.
            _ = try Storage.copyTree(from: source, to: target, preferring: .reflink, isDurable: isDurable)
        }
        guard case .snapshot = clone.origin else { return }
        try await resetIdentity(target, order)
        let mark = paths.instance(order.id).foreignAccounts
        try await pool.run { try Storage.writeAtomically(Data(), to: mark, mode: 0o600, owner: nil) }
    }

    /// Locks the original's accounts before a copy of a live server lets its first client in.
    func lockAccounts(_ engine: any Engine, _ plan: ServerPlan, _ order: InstanceOrder) async throws(HostFailure) {
        let instance = paths.instance(order.id)
        guard FileManager.default.fileExists(atPath: instance.foreignAccounts) else { return }
        do { try await engine.accountLocking?.lockAccounts(plan) } catch {
            throw HostFailure("could not lock the original's accounts: \(error)")
        }
        try await pool.run { try Storage.removeTree(instance.foreignAccounts, within: instance.folder) }
    }

    func resetIdentity(_ directory: String, _ order: InstanceOrder) async throws {
        let (engine, build) = try engine(for: order)
        let user = order.user ?? ServerUsers.caller
        try await bulk.run { if Machine.isRoot { try Storage.giveTree(directory, to: user) } }
        do { try await engine.cloning().resetIdentity(directory: directory, build: build, user: user) } catch {
            throw HostFailure("could not adapt the image for its server: \(error)")
        }
    }
}
