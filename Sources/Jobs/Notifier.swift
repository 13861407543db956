public import Catalog
import Cryptography
import Foundation
public import Logging
import OutboundHTTP
import Synchronization

/// Sends the messages of jobs to notification endpoints, each until it is taken or was tried too often. The messages of one
/// endpoint go one after the other, in their order but for those that must be sent again; endpoints do not wait for each other.
public struct Notifier: Sendable {
    /// Gives a named secret's bytes for the time of a call; nil when there is none.
    public typealias SecretReading =
        @Sendable (_ name: String, _ body: (UnsafeRawBufferPointer) throws -> [UInt8]) throws -> [UInt8]?

    /// In all, of one message: over about half an hour.
    static let attempts = 10
    private static let interval = Duration.seconds(1)
    private static let timeout = Duration.seconds(10)
    private static let longestDelay = 900.0
    private static let batch = 100
    /// Most endpoints that are told at once.
    private static let concurrency = 16

    private let catalog: any CatalogEngine
    private let secret: SecretReading
    private let delay: Double
    private let logger: Logger

    /// - Parameter delay: before the second attempt, in seconds; it doubles with each further one.
    public init(
        catalog: any CatalogEngine, secret: @escaping SecretReading, delay: Double = 2, logger: Logger
    ) {
        self.catalog = catalog
        self.secret = secret
        self.delay = delay
        self.logger = logger
    }

    /// Sends until the Swift task is cancelled. An endpoint that is slow is left to itself: the others are looked after
    /// every second.
    func run() async {
        let busy = BusyEndpoints()
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                // Seen before the messages are read: what is sent while they are is not sent again.
                let passedOver = busy.all
                for (name, deliveries) in await due(at: Date()) where !passedOver.contains(name) {
                    guard busy.begin(name, limit: Self.concurrency) else { continue }
                    group.addTask {
                        await send(deliveries, to: name)
                        busy.end(name)
                    }
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Sends the messages whose time has come, each once.
    func sendDue(at now: Date) async {
        let byEndpoint = await due(at: now)
        await withTaskGroup(of: Void.self) { group in
            for (name, deliveries) in byEndpoint {
                group.addTask { await send(deliveries, to: name) }
            }
        }
    }

    /// What is to be sent, by endpoint.
    private func due(at now: Date) async -> [String: [DeliveryRecord]] {
        do {
            return Dictionary(
                grouping: try await catalog.deliveriesDue(at: now, limit: Self.batch), by: \.endpoint)
        } catch {
            if !Task.isCancelled {
                logger.error("messages of jobs were not sent", metadata: ["cause": "\(error)"])
            }
            return [:]
        }
    }

    private func send(_ deliveries: [DeliveryRecord], to name: String) async {
        for delivery in deliveries where !Task.isCancelled {
            do {
                var sent = try await attempt(delivery, to: name)
                if Task.isCancelled, sent.state != .delivered { return }
                sent.attempt = delivery.attempt + 1
                let record = sent
                // What the receiver has must be recorded although nobody waits any more.
                try await Task.detached { [catalog] in
                    try await catalog.apply([.pipeline(.updateDelivery(record))])
                }.value
                // What comes after waits for what did not arrive.
                if record.state == .pending { return }
            } catch {
                logger.error("a message was not sent", metadata: ["id": "\(delivery.id)", "cause": "\(error)"])
                return
            }
        }
    }

    private func attempt(_ delivery: DeliveryRecord, to name: String) async throws -> DeliveryRecord {
        var delivery = delivery
        guard let endpoint = try await catalog.notificationEndpoint(named: name) else {
            return Self.failed(delivery, "there is no NotificationEndpoint '\(name)' any more")
        }
        let body = Array(delivery.body.utf8)
        guard let code = try secret(endpoint.secret, { try Self.signature(of: body, key: $0) }) else {
            return retried(delivery, "there is no secret '\(endpoint.secret)'")
        }
        let request = OutboundRequest(
            .post, endpoint.url,
            headers: [
                ("Content-Type", "application/json"), ("ms-signature", Self.header(code)),
                ("ms-mediaservices-accountid", endpoint.account), ("keyway-delivery", delivery.id),
            ], body: body)
        do throws(OutboundError) {
            let answer = try await OutboundClient.askOnce(
                request, authorities: nil, limit: 64 << 10, timeout: Self.timeout)
            delivery.status = Int(answer.status)
            switch answer.status {
            case 200...299:
                delivery.state = .delivered
                delivery.error = nil
                delivery.notBefore = nil
                delivery.ended = Date()
                return delivery
            case 410: return Self.failed(delivery, "the receiver is gone (410)")
            default: return retried(delivery, "the receiver answered \(answer.status)")
            }
        } catch {
            delivery.status = nil
            return retried(delivery, "the receiver \(error.reason)")
        }
    }

    private static func failed(_ delivery: DeliveryRecord, _ reason: String) -> DeliveryRecord {
        var delivery = delivery
        delivery.state = .failed
        delivery.error = reason
        delivery.notBefore = nil
        delivery.ended = Date()
        return delivery
    }

    private func retried(_ delivery: DeliveryRecord, _ reason: String) -> DeliveryRecord {
        guard delivery.attempt + 1 < Self.attempts else { return Self.failed(delivery, reason) }
        var delivery = delivery
        delivery.error = reason
        let wait = min(delay * pow(2, Double(delivery.attempt)), Self.longestDelay)
        delivery.notBefore = Date().addingTimeInterval(wait)
        return delivery
    }

    /// HMAC-SHA256 over the body as it is sent.
    static func signature(of body: [UInt8], key: UnsafeRawBufferPointer) throws -> [UInt8] {
        try HMAC.code(of: body, key: key)
    }

    /// `sha256=` and hexadecimal digits in upper case, as the reference writes it.
    static func header(_ code: [UInt8]) -> String {
        "sha256=" + code.map { byte in String(format: "%02X", byte) }.joined()
    }
}

/// The endpoints that are being told something.
private final class BusyEndpoints: Sendable {
    private let names = Mutex<Set<String>>([])

    var all: Set<String> { names.withLock { $0 } }

    func begin(_ name: String, limit: Int) -> Bool {
        names.withLock { $0.count < limit && $0.insert(name).inserted }
    }

    func end(_ name: String) { names.withLock { _ = $0.remove(name) } }
}
