// swift-tools-version: 6.3

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    // Checked in every test, under both sanitizers too. In the release build the checks at run
    // time were a tenth of what a token costs outside the kernel.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// `Wire` touches every byte that strangers send, so each unsafe expression there carries its word.
let strict = settings + [.strictMemorySafety()]

let package = Package(
    name: "sse-relay",
    products: [
        .executable(name: "sse-relay", targets: ["sse-relay"]),
        .executable(name: "relay-bench", targets: ["relay-bench"]),
    ],
    targets: [
        // Floor 0: what Swift cannot say to C.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CPCRE2",
            pkgConfig: "libpcre2-8",
            providers: [.apt(["libpcre2-dev"])]
        ),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        // Floor 1: bytes to values and back.
        .target(name: "Wire", swiftSettings: strict),
        // Floor 2: chat protocols; one core's thread of control.
        .target(name: "ChatFormats", dependencies: ["Wire"], swiftSettings: settings),
        .target(name: "Loop", dependencies: ["CLinux"], swiftSettings: settings),
        // Floor 3: the edges of the process. They do not know each other.
        .target(
            name: "HTTPServer",
            dependencies: ["Wire", "Loop", "CZlib"],
            swiftSettings: settings
        ),
        .target(
            name: "Upstream",
            dependencies: ["Wire", "Loop", "CCurl"],
            swiftSettings: settings
        ),
        .target(
            name: "Storage",
            dependencies: ["Loop", "Wire", "CLinux"],
            swiftSettings: settings
        ),
        // Floor 4: who may ask; the answers.
        .target(
            name: "Access",
            dependencies: [
                "ChatFormats", "HTTPServer", "Upstream", "Loop", "Wire", "COpenSSL",
            ],
            swiftSettings: settings
        ),
        .target(
            name: "Generations",
            dependencies: [
                "ChatFormats", "HTTPServer", "Upstream", "Storage", "Loop", "Wire", "CPCRE2",
            ],
            swiftSettings: settings
        ),
        // Floor 5: the product.
        .target(
            name: "Relay",
            dependencies: [
                "Access", "Generations", "ChatFormats", "HTTPServer", "Upstream", "Storage", "Loop",
                "Wire",
            ],
            swiftSettings: settings
        ),
        // Floor 6: wiring, and the stand-in model.
        .target(
            name: "Simulator",
            dependencies: ["HTTPServer", "Loop", "Wire"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "sse-relay",
            dependencies: [
                "Relay", "Access", "Generations", "Simulator", "ChatFormats", "HTTPServer",
                "Upstream", "Storage", "Loop", "Wire", "CLinux",
            ],
            swiftSettings: settings
        ),
        // A user's own answer to "what will it do on my machine"; not installed.
        .executableTarget(
            name: "relay-bench",
            dependencies: ["Simulator", "Loop", "Wire"],
            swiftSettings: settings
        ),
        // Worlds from a seed: the product's own code on a clock, a disk and threads of the world's.
        .executableTarget(
            name: "simulate",
            dependencies: [
                "Relay", "Access", "Generations", "ChatFormats", "HTTPServer", "Upstream",
                "Storage", "Loop", "Wire",
            ],
            path: "Tests/Simulation",
            exclude: ["Faults", "seeds.txt"],
            swiftSettings: settings
        ),
        // What the tests of several targets need.
        .target(
            name: "TestSupport",
            dependencies: ["Loop"],
            path: "Tests/Support",
            swiftSettings: settings
        ),
        .testTarget(
            name: "WireTests",
            dependencies: ["Wire", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ChatFormatsTests",
            dependencies: ["ChatFormats", "Wire", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "LoopTests",
            dependencies: ["Loop", "CLinux", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: ["HTTPServer", "Loop", "Wire", "CZlib", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "UpstreamTests",
            dependencies: ["Upstream", "HTTPServer", "Loop", "Wire", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "StorageTests",
            dependencies: ["Storage", "Loop", "Wire", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SimulatorTests",
            dependencies: ["Simulator", "HTTPServer", "Loop", "Wire", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AccessTests",
            dependencies: [
                "Access", "ChatFormats", "HTTPServer", "Loop", "Wire", "COpenSSL", "TestSupport",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "GenerationsTests",
            dependencies: [
                "Generations", "ChatFormats", "HTTPServer", "Upstream", "Storage", "Loop", "Wire",
                "TestSupport",
            ],
            exclude: ["Golden/Shapes"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayTests",
            dependencies: [
                "Relay", "Access", "Generations", "Simulator", "ChatFormats", "HTTPServer",
                "Upstream", "Storage", "Loop", "Wire", "TestSupport",
            ],
            exclude: ["Left"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SettingsTests",
            dependencies: [
                "sse-relay", "Relay", "Access", "Generations", "ChatFormats", "HTTPServer",
                "Upstream", "Storage", "Loop", "Wire", "TestSupport",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "simulate", "Relay", "Generations", "ChatFormats", "HTTPServer", "Upstream",
                "Storage", "Loop", "Wire", "TestSupport",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayBenchTests",
            dependencies: ["relay-bench", "Simulator", "Loop", "Wire", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(name: "TidyTests", swiftSettings: settings),
    ]
)
