import AssetFiles
import Catalog
import EncoderProtocol
import Foundation
import Policies

/// Submits a job: a run of a transform over files of the server's machine.
public struct SubmitJob: OperatorVerb {
    public var transform: String
    /// The asset that gets a version; made when there is none.
    public var asset: String
    /// Absolute paths, or originals as `asset:NAME/FILE`; behind a tab, of an upload, which tracks are meant. None for a
    /// transform that encodes nothing.
    public var inputs: [String]
    /// Nil for the transform's.
    public var priority: Int?
    public var correlation: [String: String]?
    /// The storage account; nil where the asset says, or the weights.
    public var account: String?
    /// Whether media is encrypted in storage; nil for what is configured.
    public var encrypted: Bool?
    /// In the place of the one that the transform encodes with.
    public var preset: String?
    /// Whether in pieces, as `EncodingSplit` writes it; nil for what the transform says.
    public var split: String?
    /// Most encoders of pieces at once; nil for what the transform says.
    public var encoders: Int?
    /// What is made of the inputs, written out (`EncodingOrder.text`): in the place of a preset and of a split.
    public var order: String?
    /// What is made besides what preset and transform say.
    public var encoding: JobEncoding?

    public init(
        transform: String, asset: String, inputs: [String], priority: Int? = nil,
        correlation: [String: String]? = nil, account: String? = nil, encrypted: Bool? = nil,
        preset: String? = nil, split: String? = nil, encoders: Int? = nil, order: String? = nil,
        encoding: JobEncoding? = nil
    ) {
        self.encoding = encoding
        self.order = order
        self.account = account
        self.encrypted = encrypted
        self.transform = transform
        self.asset = asset
        self.inputs = inputs
        self.priority = priority
        self.correlation = correlation
        self.preset = preset
        self.split = split
        self.encoders = encoders
    }

    /// Most files of one job.
    public static let maximumInputs = 32
    /// Of an order, in bytes.
    public static let maximumOrder = EncodingOrder.maximumSize
    /// Of the presets' documents, in characters.
    public static let maximumPresets = 64 << 10
    /// Most pairs of correlation data, and the longest key and value.
    public static let correlationLimits = (pairs: 16, key: 64, value: 256)

    public func run(in context: OperatorContext) async throws -> JobDetails {
        let recipe = try await context.transform(named: transform)
        guard AssetRecord.isName(asset) else {
            throw OperatorError(.invalid, "\(asset.quoted) cannot name an asset: letters, digits, '.', '_', '-'")
        }
        let encode = try recipe.encode.map(submittedEncode) ?? nothingToEncode()
        if recipe.encode == nil { try await requireAsset(context) }
        if let storage = context.assets?.storage { try await NamedAccount.check(account, in: storage) }
        let paths = try encode.inputs.map { try context.inputRule.path($0) }
        let job = JobRecord(
            id: JobID(), asset: asset, input: paths.joined(separator: "\n"), preset: encode.preset,
            transform: recipe.name, priority: try checkedPriority(recipe), correlation: try checkedCorrelation(),
            created: context.now(), isStorageEncrypted: encrypted, storageAccount: account)
        let tasks = recipe.tasks(of: job.id).map { task in
            var task = task
            if task.kind == .encode { task.options = encode.options }
            return task
        }
        try await context.catalog.apply([
            .insertJob(job, tasks: tasks),
            .audit(
                context.event(.jobSubmitted, detail: "job \(job.id), asset \(asset), transform \(recipe.name)")),
        ])
        // The checks may have been put before them.
        return JobDetails(job, try await context.catalog.tasks(of: job.id), at: context.now())
    }

    /// A transform that encodes nothing works on what is there: nothing of its job makes the asset. Its version
    /// may still be on its way.
    private func requireAsset(_ context: OperatorContext) async throws {
        guard try await context.catalog.asset(named: asset) == nil else { return }
        throw OperatorError(
            .missing,
            "there is no asset \(asset.quoted), and the transform \(transform.quoted) encodes nothing: it works on a version that "
                + "is there; encode or upload the film first ('keyway asset list' lists the assets)")
    }

    private func checkedPriority(_ recipe: Transform) throws -> Int {
        let priority = priority ?? recipe.priority
        guard JobRecord.priorities.contains(priority) else {
            throw OperatorError(
                .invalid,
                "a priority lies between \(JobRecord.priorities.lowerBound) and \(JobRecord.priorities.upperBound)")
        }
        return priority
    }

    private func checkedCorrelation() throws -> [String: String] {
        let correlation = correlation ?? [:]
        let limits = Self.correlationLimits
        guard correlation.count <= limits.pairs,
            correlation.allSatisfy({ key, value in
                (1...limits.key).contains(key.utf8.count) && value.utf8.count <= limits.value
                    && (key + value).unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            })
        else {
            throw OperatorError(
                .invalid,
                "correlation data is at most \(limits.pairs) pairs, with keys of 1 to \(limits.key) bytes and values of at "
                    + "most \(limits.value), without control characters")
        }
        return correlation
    }
}
