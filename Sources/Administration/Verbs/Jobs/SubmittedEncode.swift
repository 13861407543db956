import Catalog
import EncoderProtocol
import Policies

/// What a job encodes, and of what: settled when it is submitted, and carried by it. What the submission says goes before what
/// the transform's task says, and that before what the preset says.
struct SubmittedEncode {
    /// The name of a preset, or an order written out.
    var preset: String
    /// Media, and behind it what lies beside and over it.
    var inputs: [String]
    /// Of the task.
    var options: TaskOptions
}

extension SubmitJob {
    /// - Parameter usual: what the transform's task says.
    /// - Throws: `OperatorError`.
    func submittedEncode(_ usual: TaskOptions) throws -> SubmittedEncode {
        try checkPieces()
        guard usual.preset != JobRecord.uploadPreset else { return try upload(usual) }
        let encoding = encoding ?? JobEncoding()
        if let order {
            var order = try checkedOrder(order)
            order.preset.take(usual.besides(order.preset))
            return try settled(order, inputs, usual)
        }
        guard !inputs.isEmpty else {
            throw OperatorError(.invalid, "the transform \(transform.quoted) encodes a file: name one")
        }
        if let name = try plainName(usual, encoding) {
            guard inputs.count == 1 else {
                throw OperatorError(
                    .invalid, "preset '\(name)' takes one file, or several behind one another with join")
            }
            return SubmittedEncode(preset: name, inputs: inputs, options: options(usual, preset: name))
        }
        var preset = try chosenPreset(usual, encoding)
        preset.take(usual)
        let (order, files) = try encoding.order(of: preset, inputs)
        return try settled(order, files, usual)
    }

    /// Of a transform that works on a version that is there.
    func nothingToEncode() throws -> SubmittedEncode {
        guard inputs.isEmpty, preset == nil, split == nil, encoders == nil, order == nil, encoding?.isEmpty ?? true
        else {
            throw OperatorError(
                .invalid,
                "the transform \(transform.quoted) encodes nothing: it takes no files, and nothing of how they are encoded"
            )
        }
        return SubmittedEncode(preset: JobRecord.noPreset, inputs: [], options: TaskOptions())
    }

    private func checkPieces() throws {
        guard split.map({ EncodingSplit(rawValue: $0) != nil }) ?? true else {
            throw OperatorError(
                .invalid,
                "'split' is off, auto, or the length of a piece: \(EncodingSplit.pieces.lowerBound)s to "
                    + "\(EncodingSplit.pieces.upperBound)s")
        }
        guard (1...64).contains(encoders ?? 1) else { throw OperatorError(.invalid, "'encoders' is 1 to 64") }
    }

    /// Files that are taken as they are.
    private func upload(_ usual: TaskOptions) throws -> SubmittedEncode {
        guard preset == nil, split == nil, encoders == nil, order == nil, encoding?.isEmpty ?? true else {
            throw OperatorError(
                .invalid, "the transform \(transform.quoted) takes files as they are: nothing is encoded")
        }
        guard (1...Self.maximumInputs).contains(inputs.count) else {
            throw OperatorError(
                .invalid, "preset '\(JobRecord.uploadPreset)' takes 1 to \(Self.maximumInputs) files")
        }
        return SubmittedEncode(preset: JobRecord.uploadPreset, inputs: inputs, options: usual)
    }

    /// The order that was written out.
    private func checkedOrder(_ order: String) throws -> EncodingOrder {
        guard preset == nil, split == nil, encoding?.isEmpty ?? true else {
            throw OperatorError(
                .invalid, "an order says all of what is made: it goes with no preset, no split and no encoding")
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
        return read
    }

    /// The name of a preset that is there without a document, where nothing is said besides it.
    private func plainName(_ usual: TaskOptions, _ encoding: JobEncoding) throws -> String? {
        guard encoding.isEmpty, usual.isPlain, let name = preset ?? usual.preset else { return nil }
        _ = try Self.preset(named: name)
        return name
    }

    private func chosenPreset(_ usual: TaskOptions, _ encoding: JobEncoding) throws -> EncodingPreset {
        if let own = try encoding.preset(named: preset) { return own }
        if preset == nil, let own = usual.recipe { return own }
        guard let name = preset ?? usual.preset else {
            throw OperatorError(.invalid, "the transform \(transform.quoted) names no preset")
        }
        return try Self.preset(named: name)
    }

    private static func preset(named name: String) throws -> EncodingPreset {
        guard let preset = EncodingPreset.named(name) else {
            throw OperatorError(.missing, "there is no preset \(name.quoted); 'keyway preset list' shows all")
        }
        return preset
    }

    /// The order with what the transform's task asks for besides.
    private func settled(_ order: EncodingOrder, _ files: [String], _ usual: TaskOptions) throws -> SubmittedEncode {
        var (order, files) = (order, files)
        if encoding?.quality == nil, usual.quality == true { order.measuresQuality = true }
        if order.overlay == nil, let overlay = usual.overlay {
            let corner = EncodingOrder.Overlay.Corner(rawValue: overlay.corner) ?? .topRight
            order.overlay = EncodingOrder.Overlay(input: files.count, corner: corner, width: overlay.width)
            files.append(overlay.file)
        }
        // A preset of several makers may say how loud its sound is to be, and have none that is encoded.
        if !order.preset.encodesSound, encoding?.loudness == nil, usual.loudness == nil { order.preset.loudness = nil }
        try JobEncoding.check(order)
        let text: String
        do {
            text = try order.text()
        } catch let error as EncodingOrderError {
            throw OperatorError(.invalid, error.description)
        }
        return SubmittedEncode(preset: text, inputs: files, options: options(usual, preset: text))
    }

    /// What is left to say to the task: all else is in the order.
    private func options(_ usual: TaskOptions, preset: String) -> TaskOptions {
        TaskOptions(preset: preset, split: split ?? usual.split, encoders: encoders ?? usual.encoders)
    }
}

extension TaskOptions {
    /// What is left of these where a preset that is nearer to the job has its say.
    fileprivate func besides(_ preset: EncodingPreset) -> TaskOptions {
        var options = self
        if preset.loudness != nil { options.loudness = nil }
        if preset.thumbnails != nil { options.thumbnails = nil }
        if preset.poster != nil { options.poster = nil }
        return options
    }

    /// Whether an encode task says nothing besides its preset, and how it is divided.
    fileprivate var isPlain: Bool {
        thumbnails == nil && poster == nil && loudness == nil && quality != true && overlay == nil
    }
}

extension EncodingPreset {
    /// Takes what a task says besides its preset.
    fileprivate mutating func take(_ options: TaskOptions) {
        loudness = options.loudness ?? loudness
        if let wanted = options.thumbnails {
            thumbnails = ThumbnailRecipe(
                interval: wanted.interval, width: wanted.width, columns: wanted.columns, rows: wanted.rows)
        }
        if let wanted = options.poster { poster = PosterRecipe(position: wanted.position, width: wanted.width) }
    }
}
