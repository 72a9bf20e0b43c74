import Testing

@testable import RoostInstalling

@Suite struct LayoutTests {
    static let forms: [(name: String, server: String, programs: [String], steps: [Layout.Step])] = [
        ("as it should be", "bin/mysqld", ["bin/mysqld", "bin/mysql"], []),
        ("a vendor's archive", "mysql-9.7.4-linux/bin/mysqld", [], [.takeFolder("mysql-9.7.4-linux")]),
        ("unpacked packages", "usr/sbin/mariadbd", [], [.merge("usr")]),
        ("unpacked packages in a folder", "x/usr/sbin/mariadbd", [], [.takeFolder("x"), .merge("usr")]),
        ("Debian's PostgreSQL", "usr/lib/postgresql/17/bin/postgres", [], [.merge("usr")]),
        ("a Python package", "fiftyone/db/bin/mongod", [], [.takeFolder("fiftyone/db")]),
        ("programs without a folder", "mongod", ["mongod", "mongos", "x/y"], [.gather(["mongod", "mongos"])]),
        (
            "programs in one folder", "redis-7/redis-server", ["redis-7/redis-server", "redis-7/redis-cli", "other"],
            [.takeFolder("redis-7"), .gather(["redis-cli", "redis-server"])]
        ),
    ]

    @Test(arguments: forms)
    func bringsEveryFormIntoOne(name: String, server: String, programs: [String], steps: [Layout.Step]) {
        #expect(Layout.steps(server: server, programs: programs) == steps)
    }

    @Test func findsTheServerInAFolderOfPrograms() {
        let files = ["share/bash/mysqld", "a/bin/mysqld", "b/c/bin/mysqld", "mariadbd"]
        #expect(Layout.server(named: ["mysqld"], in: files) == "a/bin/mysqld")
        #expect(Layout.server(named: ["postgres", "mariadbd"], in: files) == "mariadbd")
        #expect(Layout.server(named: ["mongod"], in: files) == nil)
    }
}

@Suite struct SlimmingTests {
    static let paths: [(String, Slimming.Reason?)] = [
        ("bin/mysqld", nil), ("bin/mysqld-debug", .debugBuilds), ("lib/debug/usr/x.debug", .debugBuilds),
        ("lib/plugin/debug/auth.so", .debugBuilds), ("mysql-test/t/1st.test", .tests), ("bin/mysqltest", .tests),
        ("bin/mysql_client_test", .tests), ("bin/mariadb-install-db", nil), ("lib/libmysqlclient.a", .staticLibraries),
        ("include/mysql.h", .headers), ("share/mysql/errmsg.txt", nil), ("share/man/man1/mysql.1", .documentation),
        ("docs/INFO_SRC", .documentation), ("lib/pkgconfig/x.pc", .buildFiles), ("LICENSE", nil),
        ("etc/mysql/my.cnf", .systemFiles), ("share/postgresql/17/timezone/test", nil),
        ("lib/postgresql/17/lib/test_decoding.so", nil), ("share/mysql/english/errmsg.sys", nil),
        ("lib/x86_64-linux-gnu/libc.so.6", nil), ("share/zoneinfo/etc/UTC", nil),
    ]

    @Test(arguments: paths)
    func knowsWhatNoServerNeeds(path: String, reason: Slimming.Reason?) {
        #expect(Slimming.reason(path) == reason)
    }
}
