import Foundation
import RoostHost
import RoostModel
import Testing

@testable import RoostAgent

@Suite struct HomeDiskTests {
    @Test func anErrorNamesTheStepThatFailed() async throws {
        let pool = BlockingPool(threads: 1)
        let home = FileManager.default.temporaryDirectory.path
        let disk = HomeDisk(paths: HomePaths(home: home), pool: pool, bulk: pool)
        func failure(of error: any Error) -> String? {
            do throws(HostFailure) { try disk.naming("copy it") { throw error } } catch { return error.description }
            return nil
        }
        #expect(failure(of: HostFailure("gone")) == "could not copy it: gone")
        let full = failure(of: HostError.noSpace(path: "\(home)/instances/x"))
        #expect(full?.hasPrefix("could not copy it: the disk of \(home) ") == true)
        await pool.stop()
    }

    @Test(arguments: [(700, "700"), (1536, "1.5K"), (5 << 20, "5.0M"), (3 << 30, "3.0G")] as [(Int64, String)])
    func sizesAreRoundedForPeople(bytes: Int64, text: String) {
        #expect(ByteCount(bytes: bytes).rounded == text)
    }
}
