import Foundation
import RoostModel
import Testing

@testable import RoostEngines

extension MariaDBServerTests {
    /// Accounts that a dump brings are locked when its load ends, however the load ends.
    @Test func anAccountOfADumpIsLockedAfterACancelToo() async throws {
        try await CopyFolder.with { folder in
            let path = "\(folder)/slow.sql"
            let text =
                "CREATE USER guest1@`%` IDENTIFIED BY 'x';\nGRANT ALL ON *.* TO guest1@`%`;\nSELECT SLEEP(600);\n"
            try Data(text.utf8).write(to: URL(filePath: path))
            try await TestServer.with { server in
                try await engine.open(server.plan)
                let (plan, build, engine) = (server.plan, server.build, try server.engine.loading())
                let load = Task {
                    try await engine.load(
                        Dump(path: path, format: .sql, layers: []), into: plan, LoadTerms(), build: build,
                        user: TestUser.server
                    ) { _ in }
                }
                let sleeping = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE = 'User sleep'"
                while try server.administration(sleeping) != [["1"]] {
                    try await Task.sleep(for: .milliseconds(10))
                }
                load.cancel()
                await #expect(throws: EngineError.self) { try await load.value }
                let guest = try server.administration("SHOW CREATE USER guest1@`%`").first?.first ?? nil
                #expect(guest?.contains("ACCOUNT LOCK") == true, "\(String(describing: guest))")
            }
        }
    }
}
