/// How long keys are held, and how the key service is asked.
public struct RemoteKeySettings: Sendable, Hashable {
    /// How long a key that the key service gave or confirmed is used while the key service is away.
    public var hold: Duration
    /// How often the key service is asked whether keys that are held may be used on.
    public var confirmation: Duration
    /// How soon it is asked again when it did not answer: at first, and at most.
    public var shortestPause = Duration.milliseconds(250)
    public var longestPause = Duration.seconds(2)
    /// The same for a key service that gives this origin nothing: each question is in its audit log.
    public var closedPause = Duration.seconds(10)

    /// The least between two times that all keys are asked about because something was changed.
    public var forcedPause = Duration.milliseconds(500)

    public init(hold: Duration = .seconds(600), confirmation: Duration = .seconds(15)) {
        self.hold = hold
        self.confirmation = min(confirmation, hold / 4)
    }

    /// Most keys that are held.
    static let mostKeys = 1024
    /// Most requests that wait for keys: more would only grow memory.
    static let mostWaiting = 4096
    /// Most questions at once.
    static let mostQuestions = 4
    /// Most tickets that are asked for at once.
    static let mostTickets = 64
    /// What players are told to wait while the key service is away, in seconds.
    static let retryAfter = 2
}
