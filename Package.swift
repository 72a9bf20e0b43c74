// swift-tools-version: 6.2
// One room a target; dependencies go downwards only (docs/ARCHITECTURE.md draws them).
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func product(_ name: String, _ package: String) -> Target.Dependency {
    .product(name: name, package: package)
}

func library(
    _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = settings
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// Optimised in debug builds, too: the simulation computes days of thousands of services with them.
let computing: [SwiftSetting] = settings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = settings) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "roost",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "roost", targets: ["roost"]),
        .executable(name: "roostd", targets: ["roostd"]),
        .executable(name: "roost-router", targets: ["roost-router"]),
        .executable(name: "roost-supervise", targets: ["roost-supervise"]),
        .executable(name: "roost-guard", targets: ["roost-guard"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        // Values, without I/O.
        library("RoostModel"),
        library("RoostBuildFile", ["RoostModel", product("Yams", "Yams")]),
        // Waiting for one another.
        library("RoostTasks"),
        // Decisions, pure.
        library("RoostControl", ["RoostModel"], settings: computing),
        // What control plane and agent say to each other.
        library(
            "RoostAgentProtocol",
            ["RoostModel", "RoostControl", "RoostTasks", product("Logging", "swift-log")]),
        // Where state and secrets rest.
        library("RoostStore", ["RoostModel", product("GRDB", "GRDB.swift")]),
        library(
            "RoostSecrets",
            [
                "RoostModel", product("Crypto", "swift-crypto"), product("X509", "swift-certificates"),
                product("SwiftASN1", "swift-asn1"),
            ]),
        // The machine, and the database servers on it.
        .target(name: "CHost"),
        library("RoostHost", ["RoostModel", "CHost"]),
        // Who freezes a server and always lets it go.
        library("RoostGuard", ["CHost"]),
        // The processes of a custom service, and who watches them.
        library("RoostSupervise", ["CHost"]),
        .systemLibrary(name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
        .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        // No pkgConfig: its flags are refused at every build, with a warning.
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CMongo", pkgConfig: "libmongoc-1.0", providers: [.apt(["libmongoc-dev"])]),
        // What an SQL dump is, byte by byte: pure, for who loads it and for who sends it.
        library("RoostDumps"),
        library(
            "RoostEngines",
            [
                "RoostModel", "RoostDumps", "RoostHost", "RoostSupervise", "CMariaDB", "CPostgreSQL", "CHiredis",
                "CMongo", product("NIOPosix", "swift-nio"), product("Crypto", "swift-crypto"),
                product("SystemPackage", "swift-system"),
            ]),
        // How a build of a server comes onto the machine.
        library(
            "RoostInstalling",
            ["RoostModel", "RoostHost", "RoostEngines", product("Crypto", "swift-crypto")]),
        // The data plane.
        library(
            "RoostRouter",
            [
                "RoostModel", "CHost", product("NIOCore", "swift-nio"), product("NIOPosix", "swift-nio"),
                product("Logging", "swift-log"),
            ]),
        // The machine's side: it alone reaches servers, disks and engines.
        library(
            "RoostAgent",
            [
                "RoostModel", "RoostTasks", "RoostControl", "RoostAgentProtocol", "RoostSecrets", "RoostHost",
                "RoostEngines", "RoostInstalling", "RoostSupervise",
                product("Logging", "swift-log"), product("ServiceLifecycle", "swift-service-lifecycle"),
                product("NIOCore", "swift-nio"), product("NIOPosix", "swift-nio"), product("Crypto", "swift-crypto"),
                product("DequeModule", "swift-collections"),
            ]),
        // The control plane.
        library(
            "RoostControlPlane",
            [
                "RoostModel", "RoostBuildFile", "RoostTasks", "RoostControl", "RoostAgentProtocol", "RoostStore",
                "RoostSecrets",
                product("Logging", "swift-log"), product("ServiceLifecycle", "swift-service-lifecycle"),
                product("Crypto", "swift-crypto"),
            ]),
        // One description of each call, for server and client.
        library("RoostAPI", ["RoostModel"]),
        library(
            "RoostServer",
            [
                "RoostModel", "RoostAPI", product("Hummingbird", "hummingbird"),
                product("HummingbirdCore", "hummingbird"),
                product("Mustache", "swift-mustache"), product("HTTPTypes", "swift-http-types"),
                product("NIOCore", "swift-nio"), product("NIOHTTP1", "swift-nio"),
                product("Logging", "swift-log"), product("ServiceLifecycle", "swift-service-lifecycle"),
            ]),
        library(
            "RoostCLI",
            [
                "RoostModel", "RoostAPI", "RoostDumps", product("AsyncHTTPClient", "async-http-client"),
                product("ArgumentParser", "swift-argument-parser"), product("NIOCore", "swift-nio"),
                product("NIOPosix", "swift-nio"), product("NIOHTTP1", "swift-nio"), product("Crypto", "swift-crypto"),
            ]),
        // The programs: wiring only.
        program(
            "roostd",
            [
                "RoostModel", "RoostAgentProtocol", "RoostAgent", "RoostControlPlane", "RoostServer",
                product("ArgumentParser", "swift-argument-parser"),
                product("Logging", "swift-log"), product("ServiceLifecycle", "swift-service-lifecycle"),
                product("UnixSignals", "swift-service-lifecycle"),
            ]),
        program("roost", ["RoostCLI"]),
        program(
            "roost-router",
            [
                "RoostRouter", "RoostModel", product("ArgumentParser", "swift-argument-parser"),
                product("Logging", "swift-log"),
            ]),
        program("roost-supervise", ["RoostSupervise"]),
        program("roost-guard", ["RoostGuard"]),

        tests("RoostModelTests", ["RoostModel"]),
        tests("RoostBuildFileTests", ["RoostBuildFile", "RoostModel"]),
        tests("RoostTasksTests", ["RoostTasks"]),
        tests("RoostControlTests", ["RoostControl", "RoostModel"]),
        tests("RoostSimulation", ["RoostControl", "RoostModel"], settings: computing),
        tests(
            "RoostAgentProtocolTests",
            ["RoostAgentProtocol", "RoostControl", "RoostTasks", "RoostModel", product("Logging", "swift-log")]),
        tests("RoostStoreTests", ["RoostStore", "RoostModel"]),
        tests("RoostSecretsTests", ["RoostSecrets", "RoostModel"]),
        tests("RoostHostTests", ["RoostHost", "RoostModel", "CHost"]),
        tests("RoostSuperviseTests", ["RoostSupervise"]),
        tests("RoostDumpsTests", ["RoostDumps"]),
        tests("RoostEnginesTests", ["RoostEngines", "RoostDumps", "RoostHost", "RoostModel", "RoostSupervise"]),
        tests("RoostInstallingTests", ["RoostInstalling", "RoostEngines", "RoostHost", "RoostModel"]),
        tests(
            "RoostRouterTests",
            ["RoostRouter", "RoostModel", product("NIOCore", "swift-nio"), product("NIOPosix", "swift-nio")]),
        tests(
            "RoostAgentTests",
            [
                "RoostAgent", "RoostAgentProtocol", "RoostEngines", "RoostHost", "RoostSecrets", "RoostModel",
                product("Logging", "swift-log"), product("NIOConcurrencyHelpers", "swift-nio"),
                product("NIOCore", "swift-nio"), product("NIOPosix", "swift-nio"),
            ]),
        // Reconcilers are tested with the agent that they have in one process.
        tests(
            "RoostControlPlaneTests",
            [
                "RoostControlPlane", "RoostAgent", "RoostAgentProtocol", "RoostTasks", "RoostControl", "RoostSecrets",
                "RoostStore", "RoostModel", product("Logging", "swift-log"),
            ]),
        tests(
            "RoostServerTests",
            [
                "RoostServer", "RoostAPI", "RoostModel", product("Hummingbird", "hummingbird"),
                product("HummingbirdTesting", "hummingbird"), product("HTTPTypes", "swift-http-types"),
                product("Logging", "swift-log"), product("ServiceLifecycle", "swift-service-lifecycle"),
            ]),
        tests("RoostCLITests", ["RoostCLI", "RoostAPI", "RoostDumps", "RoostModel"]),
        // Of every room: what errors say, and the commands that are named in texts.
        tests(
            "WordTests",
            [
                "RoostModel", "RoostBuildFile", "RoostControl", "RoostAgentProtocol", "RoostStore", "RoostSecrets",
                "RoostHost", "RoostGuard", "RoostSupervise", "RoostDumps", "RoostEngines", "RoostInstalling",
                "RoostRouter", "RoostAgent", "RoostControlPlane", "RoostServer", "RoostCLI",
                product("ArgumentParser", "swift-argument-parser"),
                product("AsyncHTTPClient", "async-http-client"), product("GRDB", "GRDB.swift"),
                product("HTTPTypes", "swift-http-types"), product("NIOCore", "swift-nio"),
                product("NIOPosix", "swift-nio"), product("Yams", "Yams"),
            ]),
        tests("IntegrationTests", ["RoostModel", "RoostAPI"]),
    ]
)
