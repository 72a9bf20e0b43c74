import Foundation
import Logging
import RoostHost
import RoostModel
import Testing

@testable import RoostAgent

@Suite struct TemplateStoreTests {
    private let shop = TemplateName(checked: "shop")

    private func withStore(_ body: (TemplateStore, _ templates: String) async throws -> Void) async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "roost-templates-\(UUID())").path
        let paths = HomePaths(home: home)
        let pool = BlockingPool(threads: 1)
        let result: Result<Void, any Error>
        do {
            try FileManager.default.createDirectory(
                atPath: paths.homePlace.templates, withIntermediateDirectories: true)
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let store = TemplateStore(disk: HomeDisk(paths: paths, pool: pool, bulk: pool), logger: logger)
            result = .success(try await body(store, paths.homePlace.templates))
        } catch { result = .failure(error) }
        await pool.stop()
        try? FileManager.default.removeItem(atPath: home)  // The system clears its temporary folder.
        try result.get()
    }

    private func make(_ folders: String..., in templates: String) throws {
        for folder in folders {
            try FileManager.default.createDirectory(
                atPath: "\(templates)/\(folder)", withIntermediateDirectories: true)
        }
    }

    @Test func aTemplateIsMarkedRemovedUntilItIsUnmarked() async throws {
        try await withStore { store, templates in
            try make("shop/v1/data", in: templates)
            #expect(await !store.isMarkedRemoved(shop))
            try await store.markRemoved(shop)
            #expect(await store.isMarkedRemoved(shop))
            try await store.unmarkRemoved(shop)
            #expect(await !store.isMarkedRemoved(shop))
        }
    }

    @Test func theMarkIsRemovedWithTheLastVersion() async throws {
        try await withStore { store, templates in
            try make("shop/v1/data", "shop/v2/data", in: templates)
            try await store.markRemoved(shop)
            try await store.remove(shop, version: "v1")
            #expect(await store.isMarkedRemoved(shop))
            try await store.remove(shop, version: "v2")
            #expect(!FileManager.default.fileExists(atPath: "\(templates)/shop"))
        }
    }

    @Test func onlyUnfinishedVersionsThatNoDocumentNamesAreSwept() async throws {
        try await withStore { store, templates in
            try make("shop/whole/data", "shop/known/sealed", "shop/half/sealed", in: templates)
            await store.sweepVersions(keeping: [shop: ["known"]])
            #expect(HomeDisk.names(in: "\(templates)/shop") == ["known", "whole"])
        }
    }

    /// The mark lets later sweeps remove the template's data, so it stays as long as they do.
    @Test func theMarkOfARemovedTemplateOutlivesTheSweep() async throws {
        try await withStore { store, templates in
            try make("shop/whole/data", in: templates)
            try await store.markRemoved(shop)
            await store.sweepVersions(keeping: [:])
            #expect(await store.isMarkedRemoved(shop))
        }
    }
}
