import Catalog
import EncoderProtocol

/// What a Transform's task of kind `encode` says.
extension DocumentNode {
    /// The fields of such a task, besides those that all have.
    static let encodeFields = [
        "preset", "loudness", "quality", "overlay", "thumbnails", "poster", "split", "encoders",
    ]

    func encodeOptions(_ fields: DocumentFields) -> TaskOptions {
        var options = TaskOptions()
        fields.required("preset")?.takePreset(&options)
        options.loudness = fields["loudness"]?.decimal("loudness", in: EncodingPreset.loudnesses, unit: "LUFS")
        options.quality = fields["quality"]?.flag("quality")
        options.overlay = fields["overlay"]?.taskOverlay()
        options.thumbnails = fields["thumbnails"]?.thumbnailRecipe().map(TaskThumbnails.init)
        options.poster = fields["poster"]?.posterRecipe().map(TaskPoster.init)
        options.split = fields["split"]?.split()
        options.encoders = fields["encoders"]?.number("encoders", in: 1...64)
        reportUseless(fields, options)
        return options
    }

    /// Fields for which the preset makes nothing.
    private func reportUseless(_ fields: DocumentFields, _ options: TaskOptions) {
        guard options.recipe != nil || options.preset != nil else { return }
        let preset = options.recipe ?? options.preset.flatMap(EncodingPreset.named)
        if preset?.decodesPictures != true {
            for field in ["thumbnails", "poster"] {
                fields[field]?.report("'\(field)' is made of pictures that are decoded: the preset decodes none")
            }
            for field in ["quality", "overlay"] {
                fields[field]?.report("'\(field)' is of pictures that are encoded: the preset encodes none")
            }
        }
        if preset?.encodesSound != true {
            fields["loudness"]?.report("'loudness' is of sound that is encoded: the preset encodes none")
        }
        if preset == nil {
            for field in ["split", "encoders"] {
                fields[field]?.report("'\(field)' is of films that are encoded: the preset takes files as they are")
            }
        }
    }

    /// A name, or the preset itself.
    private func takePreset(_ options: inout TaskOptions) {
        guard !isMapping else {
            options.recipe = ownPreset(name: "own")
            return
        }
        guard let text = text("preset", limit: 128) else { return }
        guard text == JobRecord.uploadPreset || EncodingPreset.named(text) != nil else {
            let known = [JobRecord.uploadPreset] + EncodingPreset.reference.map(\.name)
            report(
                "there is no preset \(text.quoted); this version has: \(known.joined(separator: ", ")); one of your own "
                    + "is written in the place of a name")
            return
        }
        options.preset = text
    }

    /// `overlay: asset:brand/logo.png`, or `overlay: { file: asset:brand/logo.png, corner: top-right, width: 12% }`.
    private func taskOverlay() -> TaskOverlay? {
        guard scalarText == nil else { return original("overlay").map { TaskOverlay(file: $0) } }
        guard let fields = DocumentFields(self, of: "'overlay'", known: ["file", "corner", "width"]) else { return nil }
        guard let file = fields.required("file")?.original("file") else { return nil }
        var overlay = TaskOverlay(file: file)
        if let corner = fields["corner"]?.choice(EncodingOrder.Overlay.Corner.self, "corner") {
            overlay.corner = corner.rawValue
        }
        overlay.width = fields["width"]?.share("width") ?? overlay.width
        return overlay
    }

    /// A file that is there for whichever machine does the task.
    private func original(_ field: String) -> String? {
        guard let text = text(field) else { return nil }
        guard OriginalReference(text) != nil else {
            report(
                "'\(field)' is an original, as asset:brand/logo.png ('keyway asset file add' sends one): a path would mean "
                    + "another file on another machine")
            return nil
        }
        return text
    }

    /// Whether in pieces, as `EncodingSplit` writes it.
    private func split() -> String? {
        guard let text = text("split", limit: 16) else { return nil }
        guard EncodingSplit(rawValue: text) != nil else {
            let range = EncodingSplit.pieces
            report("'split' is off, auto, or the length of a piece: \(range.lowerBound)s to \(range.upperBound)s")
            return nil
        }
        return text
    }
}

extension EncodingPreset {
    var decodesPictures: Bool { video != nil }

    /// Whether a track of sound is made that is not as the source has it.
    var encodesSound: Bool { audio.contains { $0.codec != .passthrough } }
}

extension TaskThumbnails {
    init(_ recipe: ThumbnailRecipe) {
        self.init(interval: recipe.interval, width: recipe.width, columns: recipe.columns, rows: recipe.rows)
    }
}

extension TaskPoster {
    init(_ recipe: PosterRecipe) {
        self.init(position: recipe.position, width: recipe.width)
    }
}
