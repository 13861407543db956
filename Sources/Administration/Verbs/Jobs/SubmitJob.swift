import AssetFiles
import Catalog
import EncoderProtocol
import Foundation
import MediaStorage
import Policies

/// Submits a job: a run of a transform over files of the server's machine.
public struct SubmitJob: OperatorVerb {
    public var transform: String
    /// The asset that gets a version; made when there is none.
    public var asset: String
    /// Absolute paths, or originals as `asset:NAME/FILE`; behind a tab, of an upload, which tracks are meant.
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

    public init(
        transform: String, asset: String, inputs: [String], priority: Int? = nil,
        correlation: [String: String]? = nil, account: String? = nil, encrypted: Bool? = nil,
        preset: String? = nil, split: String? = nil, encoders: Int? = nil, order: String? = nil
    ) {
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
    /// Most pairs of correlation data, and the longest key and value.
    public static let correlationLimits = (pairs: 16, key: 64, value: 256)

    public func run(in context: OperatorContext) async throws -> JobDetails {
        let recipe = try await context.transform(named: transform)
        guard AssetRecord.isName(asset) else {
            throw OperatorError(.invalid, "\(asset.quoted) cannot name an asset: letters, digits, '.', '_', '-'")
        }
        guard let usual = recipe.preset else {
            throw OperatorError(.invalid, "the transform \(transform.quoted) encodes nothing")
        }
        let written = try checkedOrder(usual)
        let preset = try written ?? checkedPreset(usual)
        let takesSeveral = written != nil || preset == JobRecord.uploadPreset
        guard (1...Self.maximumInputs).contains(inputs.count), inputs.count == 1 || takesSeveral else {
            throw OperatorError(
                .invalid, "preset '\(preset)' takes \(preset == JobRecord.uploadPreset ? "1 to 32 files" : "one file")")
        }
        try checkAccount(context)
        let paths = try inputs.map { try context.inputRule.path($0) }
        let job = JobRecord(
            id: JobID(), asset: asset, input: paths.joined(separator: "\n"), preset: preset, transform: recipe.name,
            priority: try checkedPriority(recipe), correlation: try checkedCorrelation(), created: context.now(),
            isStorageEncrypted: encrypted, storageAccount: account)
        let tasks = recipe.tasks(of: job.id).map { task in
            var task = task
            guard task.kind == .encode else { return task }
            task.options.preset = preset
            task.options.split = split ?? task.options.split
            task.options.encoders = encoders ?? task.options.encoders
            return task
        }
        try await context.catalog.apply([
            .insertJob(job, tasks: tasks),
            .audit(
                context.event(.jobSubmitted, detail: "job \(job.id), asset \(asset), transform \(recipe.name)")),
        ])
        return JobDetails(job, tasks, at: context.now())
    }

    /// An account that is away will be back, and is waited for; one that nobody configured will not.
    private func checkAccount(_ context: OperatorContext) throws {
        guard let account, let storage = context.assets?.storage else { return }
        let name = StorageAccounts.account(named: account)
        guard storage.accountNames.contains(name) else {
            throw OperatorError(
                .invalid,
                "there is no storage account \(account.quoted) among storage.accounts of the configuration; "
                    + "'keyway storage list' shows all")
        }
    }

    /// The order as the job carries it; nil when none is written out.
    private func checkedOrder(_ usual: String) throws -> String? {
        guard let order else { return nil }
        guard usual != JobRecord.uploadPreset, preset == nil, split == nil else {
            throw OperatorError(
                .invalid, "an order says all of what is made: it goes with no preset, no split and no upload")
        }
        let read: EncodingOrder
        do {
            read = try EncodingOrder(text: order)
        } catch {
            throw OperatorError(.invalid, "'order': \(error.description)")
        }
        guard order.hasPrefix("{"), read.share == nil, read.known == nil else {
            throw OperatorError(.invalid, "'order' is the JSON of a whole order")
        }
        guard read.inputCount == inputs.count else {
            throw OperatorError(
                .invalid, "'order' uses \(read.inputCount) inputs, and \(inputs.count) are given")
        }
        guard (1...64).contains(encoders ?? 1) else { throw OperatorError(.invalid, "'encoders' is 1 to 64") }
        return order
    }

    private func checkedPreset(_ usual: String) throws -> String {
        guard split.map({ EncodingSplit(rawValue: $0) != nil }) ?? true else {
            throw OperatorError(
                .invalid,
                "'split' is off, auto, or the length of a piece: \(EncodingSplit.pieces.lowerBound)s to "
                    + "\(EncodingSplit.pieces.upperBound)s")
        }
        guard (1...64).contains(encoders ?? 1) else { throw OperatorError(.invalid, "'encoders' is 1 to 64") }
        guard usual != JobRecord.uploadPreset || (preset == nil && split == nil && encoders == nil) else {
            throw OperatorError(
                .invalid, "the transform \(transform.quoted) takes files as they are: nothing is encoded")
        }
        guard let preset else { return usual }
        guard EncodingPreset.named(preset) != nil else {
            throw OperatorError(.missing, "there is no preset \(preset.quoted); 'keyway preset list' shows all")
        }
        return preset
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

/// Which files of the machine jobs may read.
public struct JobInputRule: Sendable, Hashable {
    /// Nil for all: for who sits at the machine. Else folders below which inputs must lie.
    private let folders: [String]?

    public static let anywhere = JobInputRule(folders: nil)

    public init(below folders: [String]) {
        self.init(folders: folders)
    }

    private init(folders: [String]?) {
        self.folders = folders
    }

    /// The path as the job has it.
    ///
    /// - Throws: `OperatorError` for what cannot be read, or may not. What may not be read is refused whether it is there
    ///   or not.
    func path(_ text: String) throws -> String {
        // An original is looked for when it is encoded: it may still be on its way.
        if OriginalReference(String(text.prefix { $0 != "\t" })) != nil, !text.contains("\n") { return text }
        let parts = text.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let path = parts.first, path.hasPrefix("/"), !text.contains("\n"), !text.contains("\0") else {
            throw OperatorError(.invalid, "an input is the absolute path of a file on the server, not \(text.quoted)")
        }
        let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
        if let folders, !folders.contains(where: { Self.contains($0, real) }) {
            throw OperatorError(
                .notPermitted,
                "\(path.quoted) does not lie in a folder that jobs may read: 'jobs.inputs' of the server's configuration "
                    + "names them")
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: real, isDirectory: &isFolder), !isFolder.boolValue,
            FileManager.default.isReadableFile(atPath: real)
        else { throw OperatorError(.missing, "cannot read \(path.quoted)") }
        // Where folders rule, the file that was looked at is the one that is read.
        return ([folders == nil ? path : real] + parts.dropFirst()).joined(separator: "\t")
    }

    private static func contains(_ folder: String, _ path: String) -> Bool {
        let real = URL(fileURLWithPath: folder).resolvingSymlinksInPath().standardizedFileURL.path
        return path.hasPrefix(real.hasSuffix("/") ? real : real + "/")
    }
}
