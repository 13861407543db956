public import Foundation

/// The identifier of a job: a UUID in lower case.
public struct JobID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public init() {
        rawValue = UUID().uuidString.lowercased()
    }

    public var description: String { rawValue }
}

/// Where a job is in its life (Azure Media Services' names).
public enum JobState: String, Sendable, Hashable, Codable, CaseIterable {
    case queued
    case processing
    case finished
    case error
    case canceled

    public var isFinal: Bool {
        self == .finished || self == .error || self == .canceled
    }
}

/// One run of an encoding recipe, or of an upload.
public struct JobRecord: Sendable, Hashable {
    public var id: JobID
    public var asset: String
    /// Absolute path of the input file; of an upload, one or several, on a line each
    /// (`UploadInput`).
    public var input: String
    public var preset: String
    public var state: JobState
    /// Counts from 0; each time a worker takes the job adds one.
    public var attempt: Int
    /// From 0 to 1.
    public var progress: Double
    /// A stable code, when the job failed (`EncoderFailureCode` or `workerLost`).
    public var errorCode: String?
    /// What a person reads: the file and the cause.
    public var errorMessage: String?
    public var created: Date
    public var started: Date?
    public var ended: Date?
    /// The asset version that the job made.
    public var version: Int?
    /// What an operator should know of a job that finished.
    public var warnings: [String]
    /// Whether what it makes is encrypted in storage; nil for what the worker is configured to do.
    public var isStorageEncrypted: Bool?

    public init(
        id: JobID, asset: String, input: String, preset: String, state: JobState = .queued, attempt: Int = 0,
        progress: Double = 0, errorCode: String? = nil, errorMessage: String? = nil, created: Date,
        started: Date? = nil, ended: Date? = nil, version: Int? = nil, warnings: [String] = [],
        isStorageEncrypted: Bool? = nil
    ) {
        self.id = id
        self.asset = asset
        self.input = input
        self.preset = preset
        self.state = state
        self.attempt = attempt
        self.progress = progress
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.created = created
        self.started = started
        self.ended = ended
        self.version = version
        self.warnings = warnings
        self.isStorageEncrypted = isStorageEncrypted
    }

    /// The preset of jobs that take MP4 files as they are.
    public static let uploadPreset = "upload"

    /// The input files in order: of uploads and of orders written out (`EncodingOrder.text`) one on each line.
    public var inputs: [String] {
        preset == Self.uploadPreset || preset.hasPrefix("{") ? input.split(separator: "\n").map(String.init) : [input]
    }
}
