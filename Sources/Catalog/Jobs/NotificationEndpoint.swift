public import Foundation

/// Where events of jobs are told: a web hook, as Azure Media Services' notification endpoints.
public struct NotificationEndpoint: Sendable, Hashable, Codable {
    /// Which events it is told by itself.
    public enum Events: String, Sendable, Hashable, Codable, CaseIterable {
        /// Jobs that ended.
        case final
        /// Every state of jobs and tasks.
        case all
        /// Only what tasks of kind `notify` tell.
        case none
    }

    public var name: String
    /// `https`, or `http` on this machine.
    public var url: String
    /// The secret that signs, by name.
    public var secret: String
    public var events: Events
    /// The receiver checks that the message names this account; the reference's `AccountId`.
    public var account: String

    public init(name: String, url: String, secret: String, events: Events = .final, account: String = "keyway") {
        self.name = name
        self.url = url
        self.secret = secret
        self.events = events
        self.account = account
    }
}

/// One message to a notification endpoint, and what became of it.
public struct DeliveryRecord: Sendable, Hashable {
    public enum State: String, Sendable, Hashable, Codable, CaseIterable {
        case pending
        case delivered
        /// It was tried too often, or the receiver is gone.
        case failed
    }

    /// A UUID: the same in every attempt.
    public var id: String
    public var endpoint: String
    public var job: JobID
    /// The name of the event: `JobStateChange` or `TaskStateChange`.
    public var event: String
    /// What is sent: JSON, the same bytes in every attempt.
    public var body: String
    public var state: State
    public var attempt: Int
    public var notBefore: Date?
    /// Of the last attempt: the HTTP status.
    public var status: Int?
    /// Of the last attempt: why there was no status, or none that is good.
    public var error: String?
    public var created: Date
    public var ended: Date?

    public init(
        id: String, endpoint: String, job: JobID, event: String, body: String, state: State = .pending,
        attempt: Int = 0, notBefore: Date? = nil, status: Int? = nil, error: String? = nil, created: Date,
        ended: Date? = nil
    ) {
        self.id = id
        self.endpoint = endpoint
        self.job = job
        self.event = event
        self.body = body
        self.state = state
        self.attempt = attempt
        self.notBefore = notBefore
        self.status = status
        self.error = error
        self.created = created
        self.ended = ended
    }
}
