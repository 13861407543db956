import CoreMetrics
import Foundation
import Glibc
import Logging
import NIOHTTP2
import NIOSSL
import Synchronization

/// The files of a listener's TLS.
public struct TLSFiles: Sendable, Hashable {
    /// The certificate chain in PEM, the server's own first.
    public var certificate: String
    /// The private key in PEM, without a passphrase.
    public var key: String
    /// The certificates in PEM that clients' certificates must lead to; nil when none is asked for.
    public var clientAuthorities: String?

    public init(certificate: String, key: String, clientAuthorities: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.clientAuthorities = clientAuthorities
    }
}

/// Certificate or key cannot be used.
public struct TLSFilesError: Error, Sendable, CustomStringConvertible {
    public let description: String
}

/// The TLS context of a listener, made anew when its files change: at most once a second, when a connection comes.
final class TLSContexts: Sendable {
    private struct State {
        var context: NIOSSLContext
        var stamps: [Stamp?]
        /// Of files that were looked at and could not be used; nil when there are none.
        var unusable: [Stamp?]?
        var looked: ContinuousClock.Instant
    }

    /// What a file looks like from outside.
    private struct Stamp: Equatable {
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    private let files: TLSFiles
    private let state: Mutex<State>
    private let logger: Logger
    /// 1 while changed files cannot be used.
    private let failure: Meter

    init(files: TLSFiles, logger: Logger) throws {
        self.files = files
        self.logger = logger
        failure = Meter(label: "keyway_tls_reload_failed", dimensions: [("certificate", files.certificate)])
        failure.set(0)
        let stamps = Self.stamps(files)
        state = Mutex(State(context: try Self.load(files), stamps: stamps, looked: .now))
    }

    /// The context for a new connection. Files that cannot be used now (a renewal that is half done) leave the last one.
    var current: NIOSSLContext {
        state.withLock { state in
            let now = ContinuousClock.now
            guard now - state.looked >= .seconds(1) else { return state.context }
            state.looked = now
            let stamps = Self.stamps(files)
            if stamps == state.stamps, state.unusable != nil {
                // The last good ones are back.
                state.unusable = nil
                failure.set(0)
            }
            guard stamps != state.stamps, stamps != state.unusable else { return state.context }
            do {
                state.context = try Self.load(files)
                state.stamps = stamps
                state.unusable = nil
                failure.set(0)
            } catch {
                // Said once for what lies there, and looked at again when it changes.
                state.unusable = stamps
                failure.set(1)
                logger.error(
                    "the changed TLS files cannot be used: the last good ones go on",
                    metadata: ["error": "\(error)"])
            }
            return state.context
        }
    }

    private static func load(_ files: TLSFiles) throws -> NIOSSLContext {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(files.certificate).map {
                NIOSSLCertificateSource.certificate($0)
            }
            let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = NIOHTTP2SupportedALPNProtocols
            if let authorities = files.clientAuthorities {
                configuration.trustRoots = .file(authorities)
                configuration.certificateVerification = .noHostnameVerification
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSFilesError(
                description: "TLS: '\(files.certificate)' with '\(files.key)' cannot be used: \(error); give a PEM "
                    + "certificate chain and its private key without a passphrase")
        }
    }

    private static func stamps(_ files: TLSFiles) -> [Stamp?] {
        [files.certificate, files.key, files.clientAuthorities].map { path in
            var facts = stat()
            guard let path, stat(path, &facts) == 0 else { return nil }
            return Stamp(
                inode: UInt(facts.st_ino), size: Int(facts.st_size), seconds: Int(facts.st_mtim.tv_sec),
                nanoseconds: Int(facts.st_mtim.tv_nsec))
        }
    }
}
