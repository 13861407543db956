public import ContentKeys
import Glibc

/// KEKs from the environment: `KEYWAY_KEK_1`, `KEYWAY_KEK_2`, …, each `hex:` or `base64:` and 32 bytes.
public struct EnvironmentKEKStore: KEKStore {
    public static let prefix = "KEYWAY_KEK_"

    public let kind = KEKProviderKind.environment
    public let waits = false
    /// What each variable held; an error names the variable and never its value.
    private let variables: [KEKVersion: Result<KEK, KEKError>]

    /// Takes the variables out of the process's environment, and overwrites them there, so that children and
    /// `/proc/…/environ` do not show them. Call it once, before other threads start: the environment has no lock.
    ///
    /// - Parameter numbers: the versions that are looked for.
    public static func takeFromProcess(_ numbers: ClosedRange<Int> = 1...1000) -> EnvironmentKEKStore {
        var variables: [KEKVersion: Result<KEK, KEKError>] = [:]
        // By name, not by a list of all variables: a list would copy the values.
        for version in numbers.map(KEKVersion.init) {
            let name = name(version)
            guard let value = getenv(name) else { continue }
            let length = strlen(value)
            variables[version] = decode(UnsafeRawBufferPointer(start: value, count: length), name, version)
            explicit_bzero(value, length)
            unsetenv(name)
        }
        return EnvironmentKEKStore(variables: variables)
    }

    /// From values given by name; for processes that got them in another way.
    public init(_ environment: [String: String]) {
        var variables: [KEKVersion: Result<KEK, KEKError>] = [:]
        for (name, value) in environment {
            guard let version = Self.version(name) else { continue }
            variables[version] = Array(value.utf8).withUnsafeBytes { Self.decode($0, name, version) }
        }
        self.init(variables: variables)
    }

    private init(variables: [KEKVersion: Result<KEK, KEKError>]) {
        self.variables = variables
    }

    public func place(of version: KEKVersion) -> String { "the environment variable \(Self.name(version))" }

    public func holds(_ version: KEKVersion) -> Bool { variables[version] != nil }

    public func load(_ version: KEKVersion) async throws -> KEK { try read(version) }

    public func loadNow(_ version: KEKVersion) throws -> KEK? { try read(version) }

    public func create(_ version: KEKVersion) async throws -> KEK {
        guard holds(version) else {
            let name = Self.name(version)
            throw KEKError(
                "\(name) is not set, and the environment cannot make a key-encryption key by itself: make one with "
                    + "'openssl rand -base64 32', set \(name)=base64:… for every Keyway process of this data folder, "
                    + "restart the servers, and run the command again with it")
        }
        return try read(version)
    }

    public func retire(_ version: KEKVersion) throws -> String {
        "remove \(Self.name(version)) from the environment of all Keyway processes, and keep it with the backups made "
            + "under it"
    }

    private func read(_ version: KEKVersion) throws -> KEK {
        guard let outcome = variables[version] else {
            throw KEKError("\(Self.name(version)) is not set; set it to the key that was used, as hex:… or base64:…")
        }
        return try outcome.get()
    }

    private static func name(_ version: KEKVersion) -> String { "\(prefix)\(version.rawValue)" }

    /// The version of a variable's name; nil for other names, `KEYWAY_KEK_PROVIDER` among them.
    private static func version(_ name: String) -> KEKVersion? {
        guard name.hasPrefix(prefix), let number = Int(name.dropFirst(prefix.count)), number > 0,
            name == "\(prefix)\(number)"
        else { return nil }
        return KEKVersion(rawValue: number)
    }

    private static func decode(
        _ value: UnsafeRawBufferPointer, _ name: String, _ version: KEKVersion
    ) -> Result<KEK, KEKError> {
        guard var bytes = KeyText.decode(value) else {
            return .failure(KEKError("\(name) must be hex: with 64 digits, or base64: of 32 bytes"))
        }
        defer { bytes.zero() }
        guard let kek = bytes.withUnsafeBytes({ KEK(version: version, copying: $0) }) else {
            return .failure(KEKError("\(name) holds \(bytes.count) bytes and not \(KEK.length)"))
        }
        return .success(kek)
    }
}
