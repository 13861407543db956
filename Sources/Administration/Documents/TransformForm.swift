public import Catalog

/// A transform as a document declares it: what is shown, and what can be put back.
public struct TransformForm: Codable, Sendable, Hashable {
    public struct Task: Codable, Sendable, Hashable {
        public var name: String
        public var kind: String
        public var after: [String]?
        public var onError: String?
        public var preset: Preset?
        public var loudness: Double?
        public var quality: Bool?
        public var overlay: Overlay?
        public var thumbnails: Thumbnails?
        public var poster: Poster?
        public var split: String?
        public var encoders: Int?
        public var deliveryPolicies: [String]?
        public var verify: String?
        public var authorizationPolicy: String?
        public var accessPolicy: String?
        public var folder: String?
        public var sas: String?
        public var formats: [String]?
        public var encryption: String?
        public var keysUrl: String?
        public var urls: [String]?
        public var endpoint: String?

        public init(_ task: TransformTask) {
            name = task.name
            kind = task.kind.rawValue
            after = task.after.isEmpty ? nil : task.after
            onError = task.onError == .stop ? nil : task.onError.rawValue
            preset = task.options.recipe.map { .own(EncodingPresetForm($0)) } ?? task.options.preset.map(Preset.named)
            loudness = task.options.loudness
            quality = task.options.quality
            overlay = task.options.overlay.map(Overlay.init)
            thumbnails = task.options.thumbnails.map(Thumbnails.init)
            poster = task.options.poster.map(Poster.init)
            split = task.options.split
            encoders = task.options.encoders
            deliveryPolicies = task.options.deliveryPolicies
            verify = task.options.verify?.rawValue
            authorizationPolicy = task.options.authorizationPolicy
            accessPolicy = task.options.accessPolicy
            folder = task.options.package?.folder
            sas = task.options.package?.sas
            formats = task.options.package?.formats?.map(\.rawValue)
            encryption = task.options.package?.encryption?.rawValue
            keysUrl = task.options.package?.keysURL
            urls = task.options.urls
            endpoint = task.options.endpoint
        }
    }

    /// A name, or a preset that is written in its place.
    public enum Preset: Codable, Sendable, Hashable {
        case named(String)
        case own(EncodingPresetForm)

        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let name = try? container.decode(String.self) {
                self = .named(name)
            } else {
                self = .own(try container.decode(EncodingPresetForm.self))
            }
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .named(let name): try container.encode(name)
            case .own(let form): try container.encode(form)
            }
        }
    }

    public struct Overlay: Codable, Sendable, Hashable {
        public var file: String
        public var corner: String
        /// As `12%`.
        public var width: String

        init(_ overlay: TaskOverlay) {
            file = overlay.file
            corner = overlay.corner
            let percent = (overlay.width * 1_000_000).rounded() / 10_000
            width = (Int(exactly: percent).map { "\($0)" } ?? "\(percent)") + "%"
        }
    }

    public struct Thumbnails: Codable, Sendable, Hashable {
        /// As `10s`.
        public var interval: String
        public var width: Int
        public var columns: Int
        public var rows: Int

        init(_ thumbnails: TaskThumbnails) {
            interval = TransformForm.seconds(thumbnails.interval)
            width = thumbnails.width
            columns = thumbnails.columns
            rows = thumbnails.rows
        }
    }

    public struct Poster: Codable, Sendable, Hashable {
        /// `best`, or as `12.5s`.
        public var position: String
        public var width: Int

        init(_ poster: TaskPoster) {
            position = poster.position.map(TransformForm.seconds) ?? "best"
            width = poster.width
        }
    }

    static func seconds(_ value: Double) -> String {
        (Int(exactly: value).map { "\($0)" } ?? "\(value)") + "s"
    }

    public var kind: String
    public var name: String
    public var description: String?
    public var priority: Int?
    public var tasks: [Task]

    public init(_ transform: Transform) {
        kind = Document.Kind.transform.rawValue
        name = transform.name
        description = transform.description
        priority = transform.priority == 0 ? nil : transform.priority
        tasks = transform.tasks.map(Task.init)
    }
}
