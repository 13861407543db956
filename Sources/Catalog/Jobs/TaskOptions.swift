public import EncoderProtocol

/// What a task is told, by its kind; a field that the kind does not know is nil.
public struct TaskOptions: Sendable, Hashable, Codable {
    /// Of `encode`, by name; of a job's task also written out (`EncodingOrder.text`). Nil where `recipe` says it.
    public var preset: String?
    /// Of `encode`: a preset of the task's own.
    public var recipe: EncodingPreset?
    /// Of `encode` and `thumbnails`.
    public var thumbnails: TaskThumbnails?
    /// Of `encode` and `thumbnails`.
    public var poster: TaskPoster?
    /// Of `encode`: what sound is brought to, in LUFS (EBU R 128); nil for what the preset says.
    public var loudness: Double?
    /// Of `encode`: whether each rendition is held against the source.
    public var quality: Bool?
    /// Of `encode`: a picture that lies over the film.
    public var overlay: TaskOverlay?
    /// Of `encode`: whether in pieces, as `EncodingSplit` writes it; nil for what the preset's order says.
    public var split: String?
    /// Of `encode`: most encoders of its pieces at once; nil for as many as there is room for.
    public var encoders: Int?
    /// Of `verify` and `publish`, by name.
    public var deliveryPolicies: [String]?
    /// Of `publish`; nil: `required`.
    public var verify: VerificationRule?
    /// Of `publish`, by name: who may receive new keys.
    public var authorizationPolicy: String?
    /// Of `publish`, by name.
    public var accessPolicy: String?
    /// Of `package`.
    public var package: TaskPackage?
    /// Of `prewarm`: base URLs of caches.
    public var urls: [String]?
    /// Of `notify`, by name.
    public var endpoint: String?

    public init(
        preset: String? = nil, split: String? = nil, encoders: Int? = nil, deliveryPolicies: [String]? = nil,
        authorizationPolicy: String? = nil,
        accessPolicy: String? = nil, urls: [String]? = nil, endpoint: String? = nil
    ) {
        self.preset = preset
        self.split = split
        self.encoders = encoders
        self.deliveryPolicies = deliveryPolicies
        self.authorizationPolicy = authorizationPolicy
        self.accessPolicy = accessPolicy
        self.urls = urls
        self.endpoint = endpoint
    }
}

/// Whether what a task publishes must have been played before.
public enum VerificationRule: String, Sendable, Hashable, Codable, CaseIterable {
    /// By a task of kind `verify` before it.
    case required
    /// It is published unseen.
    case off
}
