// swift-tools-version: 6.2
import PackageDescription

// The manifest is one table and one loop. The table is the architecture: a row says what a target may import, and
// LayeringTests holds every `import` in Sources against it.

/// One row: a target, the sibling targets below it, and the products of packages that it uses.
struct Row {
    var name: String
    var siblings: [String] = []
    var products: [Target.Dependency] = []
    var resources: [Resource]?
}

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asyncHTTPClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let configuration = product(name: "Configuration", package: "swift-configuration")
    static let coreMetrics = product(name: "CoreMetrics", package: "swift-metrics")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdTesting = product(name: "HummingbirdTesting", package: "hummingbird")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let hummingbirdHTTP2 = product(name: "HummingbirdHTTP2", package: "hummingbird")
    static let logging = product(name: "Logging", package: "swift-log")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioEmbedded = product(name: "NIOEmbedded", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioHTTP2 = product(name: "NIOHTTP2", package: "swift-nio-http2")
    static let nioHTTPTypes = product(name: "NIOHTTPTypes", package: "swift-nio-extras")
    static let nioHTTPTypesHTTP1 = product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let nioTLS = product(name: "NIOTLS", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let subprocess = product(name: "Subprocess", package: "swift-subprocess")
    static let systemPackage = product(name: "SystemPackage", package: "swift-system")
    static let yams = product(name: "Yams", package: "Yams")
}

/// The demo's player page is part of the program.
let playerPage: [Resource] = ["player.html", "player.css", "player.js"].map { .embedInCode("Player/\($0)") }

/// What plays in the browser, on that page and in the console.
let playerScripts: [Resource] = [
    "playback.js", "manifests.js", "transmux.js", "keys.js", "stills.js",
].map { .embedInCode("Scripts/\($0)") }

/// The operators' console is part of the program.
let consolePages: [Resource] = [
    "index.html", "console.css", "icon.svg", "main.js", "interface.js", "elements.js", "documents.js", "assets.js",
    "asset.js", "posters.js", "reviews.js", "policies.js", "keys.js", "access.js", "audit.js", "system.js", "jobs.js",
    "operations.js", "play.html", "play.js",
].map { .embedInCode("Console/\($0)") }

let libraries: [Row] = [
    // Layer 0: values
    Row(name: "MediaModel"),
    Row(name: "ContentKeys"),
    Row(name: "Cryptography", siblings: ["COpenSSL", "CMultiBuffer"]),
    Row(name: "EncoderProtocol"),
    Row(name: "BoundedMemory"),
    Row(name: "PlayerScripts", resources: playerScripts),
    // Layer 1: rules and formats
    Row(name: "Policies", siblings: ["MediaModel", "ContentKeys"]),
    Row(name: "ISOBaseMedia", siblings: ["MediaModel"]),
    Row(name: "TimedText", siblings: ["MediaModel", "ISOBaseMedia"]),
    Row(name: "CodecSyntax", siblings: ["MediaModel"]),
    Row(name: "TransportStream", siblings: ["MediaModel", "CodecSyntax"]),
    Row(name: "ProtectionSystems", siblings: ["ContentKeys"]),
    Row(name: "Markup", siblings: ["ContentKeys", "CLibXML2"]),
    Row(name: "Presentations", siblings: ["MediaModel", "ContentKeys", "Markup", "CodecSyntax"]),
    Row(name: "MediaStorage", siblings: ["ContentKeys", "Cryptography", "CLinux"]),
    Row(name: "TrackOutput", siblings: ["MediaModel", "EncoderProtocol", "ISOBaseMedia"]),
    Row(name: "Settings", siblings: ["Policies"], products: [.configuration, .yams]),
    // Layer 2: encryption, tokens, wrapping, records
    Row(
        name: "MediaEncryption",
        siblings: ["MediaModel", "ContentKeys", "Cryptography", "ISOBaseMedia", "ProtectionSystems"]),
    Row(name: "TrackCodecs", siblings: ["MediaModel", "ISOBaseMedia", "CodecSyntax"]),
    Row(name: "MovieFiles", siblings: ["MediaModel", "ISOBaseMedia", "CodecSyntax", "TrackCodecs"]),
    Row(name: "SubtitleFiles", siblings: ["MediaModel", "TimedText"]),
    Row(
        name: "Tokens", siblings: ["Policies", "BoundedMemory", "ContentKeys", "Cryptography", "CLibJWT"],
        products: [.crypto]),
    Row(
        name: "AzureImport",
        siblings: ["MediaModel", "Policies", "ContentKeys", "Cryptography", "Markup", "Tokens"]),
    Row(name: "KeyWrapping", siblings: ["Policies", "ContentKeys", "Cryptography"], products: [.crypto]),
    Row(
        name: "Catalog", siblings: ["Policies", "BoundedMemory", "MediaModel", "ContentKeys", "EncoderProtocol"],
        products: [.crypto]),
    Row(name: "MetricsExposition", products: [.coreMetrics]),
    Row(
        name: "OutboundHTTP", siblings: ["Policies"],
        products: [.asyncHTTPClient, .nioCore, .nioHTTP1, .nioSSL]),
    Row(name: "OriginExchange", siblings: ["Policies", "ContentKeys"], products: [.crypto]),
    Row(
        name: "KeyExchange",
        siblings: ["Policies", "Catalog", "ContentKeys", "Cryptography", "Markup", "ProtectionSystems"]),
    // Layer 3: use cases
    Row(
        name: "CatalogSQLite", siblings: ["Catalog", "Policies", "MediaModel", "ContentKeys", "CLZ4"],
        products: [.coreMetrics, .grdb]),
    Row(
        name: "KeyDelivery", siblings: ["Policies", "Catalog", "BoundedMemory", "ContentKeys"], products: [.coreMetrics]
    ),
    Row(
        name: "LicenceForwarding",
        siblings: [
            "KeyDelivery", "KeyExchange", "OutboundHTTP", "Policies", "Tokens", "ContentKeys", "Cryptography",
        ],
        products: [.logging]),
    Row(
        name: "TransitKEK", siblings: ["KeyWrapping", "OutboundHTTP", "Policies", "ContentKeys"], products: [.logging]),
    Row(
        name: "OriginKeys", siblings: ["OriginExchange", "Catalog", "OutboundHTTP", "Policies", "ContentKeys"],
        products: [.coreMetrics]),
    Row(name: "KeySetHTTP", siblings: ["OutboundHTTP", "Tokens", "Policies"]),
    Row(
        name: "Origin",
        siblings: [
            "BoundedMemory", "MediaModel", "ContentKeys", "Policies", "Catalog", "MediaStorage", "MediaEncryption",
            "ISOBaseMedia",
            "TimedText", "TransportStream", "Presentations", "ProtectionSystems", "Cryptography",
        ],
        products: [.logging]),
    Row(name: "Packaging", siblings: ["MediaStorage", "Origin", "Policies"]),
    Row(
        name: "Encoding",
        siblings: [
            "MediaModel", "EncoderProtocol", "TrackOutput", "ISOBaseMedia", "TimedText", "CodecSyntax", "TrackCodecs",
            "SubtitleFiles", "CChromaprint", "CFFmpeg", "CInputPort",
        ]),
    Row(name: "Backups", siblings: ["Catalog", "ContentKeys", "Cryptography", "MediaStorage"]),
    Row(
        name: "AssetFiles",
        siblings: ["Catalog", "MediaStorage", "MediaModel", "ContentKeys", "Policies", "Cryptography"],
        products: [.crypto]),
    Row(name: "ContentChecks", siblings: ["AssetFiles", "Catalog", "EncoderProtocol", "MediaStorage"]),
    Row(
        name: "Jobs",
        siblings: [
            "AssetFiles", "Catalog", "ContentChecks", "MediaStorage", "MediaModel", "ContentKeys", "Policies",
            "EncoderProtocol", "Cryptography", "OutboundHTTP",
        ],
        products: [.subprocess, .systemPackage, .logging]),
    Row(
        name: "Administration",
        siblings: [
            "Policies", "AssetFiles", "Backups", "Catalog", "MediaStorage", "ContentKeys", "Cryptography",
            "EncoderProtocol",
            "KeyExchange", "MediaModel", "AzureImport", "Tokens",
        ],
        products: [.coreMetrics, .crypto, .yams]),
    // Layer 4: transports and the choice of engines
    Row(
        name: "HTTPSurface", siblings: ["Policies", "ContentKeys"],
        products: [
            .coreMetrics, .hummingbird, .hummingbirdCore, .hummingbirdHTTP2, .httpTypes, .logging, .nioCore, .nioHTTP1,
            .nioHTTP2,
            .nioHTTPTypes, .nioHTTPTypesHTTP1, .nioSSL, .nioTLS,
        ]),
    Row(
        name: "KeyServiceHTTP",
        siblings: [
            "HTTPSurface", "KeyDelivery", "KeyExchange", "Markup", "OriginExchange", "ProtectionSystems", "Tokens",
            "Catalog", "Policies", "ContentKeys",
        ],
        products: [.hummingbird, .httpTypes, .logging, .nioCore]),
    Row(
        name: "OriginHTTP",
        siblings: [
            "AssetFiles", "BoundedMemory", "Catalog", "HTTPSurface", "MediaStorage", "Origin", "PlayerScripts",
            "Policies",
        ],
        products: [.hummingbird, .httpTypes, .logging, .nioCore, .nioPosix],
        resources: playerPage),
    Row(
        name: "WebConsole", siblings: ["HTTPSurface", "PlayerScripts"], products: [.hummingbird, .httpTypes, .nioCore],
        resources: consolePages),
    Row(name: "AdminContract", siblings: ["Administration", "Catalog", "ContentKeys", "MediaModel", "Policies"]),
    Row(
        name: "AdminHTTP",
        siblings: [
            "HTTPSurface", "AdminContract", "Administration", "AssetFiles", "Catalog", "MetricsExposition", "Policies",
        ],
        products: [.hummingbird, .httpTypes, .nioCore, .serviceLifecycle]),
    Row(
        name: "AdminClient", siblings: ["AdminContract", "Administration", "Policies"],
        products: [.asyncHTTPClient, .nioCore, .nioHTTP1, .nioPosix, .nioSSL]),
    Row(
        name: "Adapters",
        siblings: [
            "Backups", "Catalog", "CatalogSQLite", "KeyDelivery", "KeyWrapping", "LicenceForwarding", "OutboundHTTP",
            "TransitKEK",
            "KeySetHTTP",
            "Administration", "AssetFiles", "ContentChecks", "Tokens", "MediaStorage", "Policies", "ContentKeys",
            "Cryptography", "Settings",
        ],
        products: [.configuration, .logging]),
    Row(
        name: "Diagnosis",
        siblings: [
            "Adapters", "CMachine", "Catalog", "ContentKeys", "Cryptography", "MediaStorage", "Policies", "Settings",
        ]),
    Row(
        name: "OriginAdapters",
        siblings: [
            "Catalog", "CatalogSQLite", "ContentKeys", "MediaStorage", "OriginKeys", "OutboundHTTP", "Settings",
        ],
        products: [.configuration]),
]

let servers: [Row] = [
    // Layer 5: what programs are put together from
    Row(
        name: "Serving",
        siblings: ["Catalog", "HTTPSurface", "MetricsExposition", "Settings", "CProcess"],
        products: [.coreMetrics, .hummingbird, .httpTypes, .logging, .nioCore, .serviceLifecycle]),
    Row(
        name: "KeyServer",
        siblings: [
            "Adapters", "AdminHTTP", "Administration", "AssetFiles", "Catalog", "HTTPSurface", "KeyDelivery",
            "KeyExchange", "KeyServiceHTTP", "Policies", "Serving", "Tokens", "WebConsole",
        ],
        products: [
            .argumentParser, .coreMetrics, .hummingbird, .logging, .serviceLifecycle, .unixSignals,
        ]),
]

let programs: [Row] = [
    Row(
        name: "keyway-keys", siblings: ["Adapters", "HTTPSurface", "KeyServer"],
        products: [.argumentParser, .serviceLifecycle]),
    Row(
        name: "keyway-origin",
        siblings: [
            "Catalog", "HTTPSurface", "MetricsExposition", "Origin", "OriginAdapters", "OriginHTTP", "OriginKeys",
            "Serving",
            "Settings",
        ],
        products: [
            .argumentParser, .hummingbird, .httpTypes, .logging, .nioCore, .serviceLifecycle, .unixSignals,
        ]),
    Row(
        name: "keyway",
        siblings: [
            "Adapters", "Administration", "AssetFiles", "Backups", "Catalog", "ContentChecks", "ContentKeys",
            "Diagnosis", "Jobs",
            "KeyDelivery", "KeyExchange", "KeyServer", "KeyServiceHTTP",
            "HTTPSurface", "MediaModel", "MediaStorage", "Origin", "OriginHTTP", "AdminHTTP", "AdminClient",
            "AdminContract", "Packaging", "Policies", "Tokens", "EncoderProtocol", "AzureImport",
        ],
        products: [
            .argumentParser, .crypto, .hummingbird, .httpTypes, .logging, .nioCore, .serviceLifecycle, .subprocess,
            .systemPackage, .unixSignals,
        ]),
    Row(
        name: "keyway-encoder",
        siblings: [
            "Encoding", "EncoderProtocol", "ISOBaseMedia", "MediaModel", "MovieFiles", "SubtitleFiles",
            "TimedText", "TrackOutput", "CSandbox",
        ]),
]

let settings: [SwiftSetting] =
    ["ExistentialAny", "InternalImportsByDefault", "MemberImportVisibility"].map { .enableUpcomingFeature($0) }
    + [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

/// A test target; its own arrows are free, since nothing is built on it.
func test(_ name: String, siblings: [String] = [], products: [Target.Dependency] = []) -> Target {
    .testTarget(name: name, dependencies: siblings.map { .byName(name: $0) } + products, swiftSettings: settings)
}

/// Tests see what they test, and besides only what their fixtures are made of.
func tests() -> [Target] {
    [
        test("MediaModelTests", siblings: ["MediaModel"]),
        test("ContentKeysTests", siblings: ["ContentKeys"]),
        test("CryptographyTests", siblings: ["TestSupport", "Cryptography"], products: [.crypto]),
        test("EncoderProtocolTests", siblings: ["EncoderProtocol"]),
        test("BoundedMemoryTests", siblings: ["BoundedMemory"]),
        test("PoliciesTests", siblings: ["Policies", "MediaModel", "ContentKeys"]),
        test("ISOBaseMediaTests", siblings: ["ISOBaseMedia", "MediaModel"]),
        test("CodecSyntaxTests", siblings: ["TestSupport", "CodecSyntax", "MediaModel"]),
        test("TransportStreamTests", siblings: ["TestSupport", "TransportStream", "CodecSyntax", "MediaModel"]),
        test("PresentationsTests", siblings: ["TestSupport", "Presentations", "ContentKeys", "MediaModel"]),
        test(
            "ProtectionSystemsTests",
            siblings: ["TestSupport", "ProtectionSystems", "ISOBaseMedia", "MediaModel", "KeyWrapping", "ContentKeys"]),
        test("MovieFilesTests", siblings: ["TestSupport", "MovieFiles", "ISOBaseMedia", "MediaModel"]),
        test("FuzzingTests", siblings: ["TestSupport", "Fuzzing"]),
        test("MarkupTests", siblings: ["TestSupport", "Markup", "ContentKeys"]),
        test("MediaStorageTests", siblings: ["MediaStorage", "ContentKeys"]),
        test(
            "MediaEncryptionTests",
            siblings: [
                "TestSupport", "MediaEncryption", "ProtectionSystems", "ISOBaseMedia", "MediaModel", "ContentKeys",
                "Cryptography", "CodecSyntax", "TrackCodecs",
            ]),
        test(
            "ContentChecksTests",
            siblings: ["TestSupport", "ContentChecks", "AssetFiles", "Catalog", "EncoderProtocol", "MediaStorage"]),
        test("SubtitleFilesTests", siblings: ["SubtitleFiles", "TimedText", "ISOBaseMedia", "MediaModel"]),
        test("TrackCodecsTests", siblings: ["TrackCodecs", "CodecSyntax", "ISOBaseMedia", "MediaModel"]),
        test(
            "TokensTests", siblings: ["TestSupport", "Tokens", "Policies", "ContentKeys", "Cryptography", "CLibJWT"]),
        test(
            "KeyExchangeTests",
            siblings: [
                "TestSupport", "KeyExchange", "Policies", "ContentKeys", "Cryptography", "Markup", "ProtectionSystems",

            ]),
        test("KeyWrappingTests", siblings: ["KeyWrapping", "Policies", "ContentKeys"]),
        test(
            "AzureImportTests",
            siblings: [
                "TestSupport", "AzureImport", "Administration", "Adapters", "Catalog", "KeyDelivery", "Markup",
                "Tokens",
                "Cryptography", "Policies", "ContentKeys", "MediaModel",
            ]),
        test(
            "TransitKEKTests", siblings: ["TestSupport", "TransitKEK", "KeyWrapping", "ContentKeys"],
            products: [.logging]),
        test(
            "AdaptersTests",
            siblings: [
                "TestSupport", "Adapters", "Administration", "Catalog", "ContentKeys", "KeyDelivery", "Policies",
            ],
            products: [.logging]),
        test(
            "KeyOperationsTests",
            siblings: [
                "TestSupport", "Adapters", "Administration", "Catalog", "CatalogSQLite", "ContentKeys", "KeyDelivery",
                "KeyExchange", "MediaModel", "Policies",
            ]),
        test(
            "CatalogSQLiteTests",
            siblings: ["TestSupport", "CatalogSQLite", "Catalog", "Policies", "MediaModel", "ContentKeys"],
            products: [.grdb]),
        test(
            "OriginTests",
            siblings: [
                "HTTPSurface", "Origin", "OriginHTTP", "Policies", "Catalog", "CatalogSQLite", "ContentKeys",
                "Cryptography", "KeyWrapping", "MediaModel", "MediaStorage", "TransportStream",
            ],
            products: [.httpTypes, .nioCore]),
        test(
            "AdministrationTests",
            siblings: ["Administration", "Policies", "Catalog", "ContentKeys", "MediaModel", "EncoderProtocol"]),
        test(
            "EncodingTests",
            siblings: ["TestSupport", "Encoding", "EncoderProtocol", "MediaModel", "keyway-encoder"]),
        test(
            "JobsTests",
            siblings: [
                "Jobs", "Catalog", "CatalogSQLite", "MediaStorage", "KeyWrapping", "EncoderProtocol", "ContentKeys",
                "Policies", "MediaModel",
            ], products: [.logging]),
        test(
            "AssetFilesTests",
            siblings: [
                "AssetFiles", "Catalog", "CatalogSQLite", "Cryptography", "MediaStorage", "KeyWrapping", "ContentKeys",
                "Policies",
            ]),
        test(
            "KeyDeliveryTests",
            siblings: [
                "KeyDelivery", "KeyWrapping", "CatalogSQLite", "Catalog", "BoundedMemory", "Policies", "ContentKeys",
                "MediaModel",
            ],
            products: [.grdb]),
        test(
            "KeyServiceHTTPTests", siblings: ["KeyServiceHTTP", "HTTPSurface", "Tokens", "ContentKeys"],
            products: [.httpTypes, .nioCore]),
        test(
            "HTTPSurfaceTests", siblings: ["HTTPSurface", "Policies", "ContentKeys"],
            products: [.httpTypes, .hummingbird, .logging, .nioCore, .nioEmbedded, .nioHTTP1, .nioHTTPTypes]),
        test("MetricsExpositionTests", siblings: ["MetricsExposition"], products: [.coreMetrics]),
        test(
            "LicenceForwardingTests",
            siblings: [
                "TestSupport", "LicenceForwarding", "KeyDelivery", "OutboundHTTP", "Tokens", "Policies", "ContentKeys",
            ],
            products: [.logging]),
        test(
            "OriginKeysTests",
            siblings: [
                "TestSupport", "OriginKeys", "OriginExchange", "OutboundHTTP", "Catalog", "Policies", "ContentKeys",
            ], products: [.coreMetrics]),
        test("OutboundHTTPTests", siblings: ["TestSupport", "OutboundHTTP", "Policies"]),
        test("LayeringTests"),
        test(
            "EndToEndTests",
            siblings: [
                "TestSupport", "keyway", "keyway-encoder", "keyway-keys", "keyway-origin", "CatalogSQLite", "Catalog",
                "KeyWrapping",
                "Policies",
                "ContentKeys",
            ]),
        test(
            "AdminTests",
            siblings: [
                "TestSupport", "AdminContract", "AdminClient", "Administration", "Catalog", "CatalogSQLite",
                "EncoderProtocol", "KeyDelivery",
                "KeyWrapping", "Policies", "ContentKeys", "WebConsole",
            ], products: [.grdb]),
    ]
}

func dependencies(_ row: Row) -> [Target.Dependency] {
    row.siblings.map { .byName(name: $0) } + row.products
}

/// What tests are built on, and no row of the table.
func library(_ name: String, _ dependencies: [String], under path: String, excluding: [String]) -> Target {
    .target(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, path: path, exclude: excluding,
        swiftSettings: settings)
}

/// For `make fuzz`, which links what libFuzzer calls with libFuzzer's own `main`.
let isFuzzing = Context.environment["KEYWAY_FUZZING"] != nil

let package = Package(
    name: "keyway",
    products: (isFuzzing ? [.library(name: "Fuzzing", type: .static, targets: ["Fuzzing"])] : []) + [
        .executable(name: "keyway", targets: ["keyway"]),
        .executable(name: "keyway-keys", targets: ["keyway-keys"]),
        .executable(name: "keyway-origin", targets: ["keyway-origin"]),
        .executable(name: "keyway-encoder", targets: ["keyway-encoder"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2"),
    ],
    targets: (libraries + servers).map {
        .target(name: $0.name, dependencies: dependencies($0), resources: $0.resources, swiftSettings: settings)
    }
        + programs.map {
            .executableTarget(
                name: $0.name, dependencies: dependencies($0), resources: $0.resources, swiftSettings: settings)
        }
        + tests()
        + [
            .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
            .systemLibrary(name: "CLibJWT", pkgConfig: "libjwt", providers: [.apt(["libjwt-dev"])]),
            .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
            .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
            .systemLibrary(
                name: "CChromaprint", pkgConfig: "libchromaprint", providers: [.apt(["libchromaprint-dev"])]),
            .systemLibrary(name: "CLinux"),
            .systemLibrary(name: "CMachine"),
            .systemLibrary(name: "CFFmpeg", pkgConfig: "libavfilter", providers: [.apt(["libavfilter-dev"])]),
            .target(name: "CInputPort"),
            .target(name: "CMultiBuffer"),
            .target(name: "CSandbox"),
            .target(name: "CProcess"),
            .target(name: "TestSupport", path: "Tests/Support", swiftSettings: settings),
            library(
                "Fuzzing",
                [
                    "AzureImport", "CodecSyntax", "ISOBaseMedia", "MediaModel", "MovieFiles", "SubtitleFiles",
                    "TimedText",
                    "TrackCodecs", "TransportStream",
                ],
                under: "Tests/Fuzzing", excluding: ["corpus.bin", "corpus.py", "seeds.py"]),
        ]
)
