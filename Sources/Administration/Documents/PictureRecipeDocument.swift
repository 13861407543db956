import EncoderProtocol

/// `thumbnails:` and `poster:` of an EncodingPreset.
extension DocumentNode {
    /// `thumbnails: { interval: 10s, width: 256, columns: 4, rows: 5 }`; each has a usual value, and `{}` is all of them.
    func thumbnailRecipe() -> ThumbnailRecipe? {
        let known = ["interval", "width", "columns", "rows"]
        guard let fields = DocumentFields(self, of: "'thumbnails'", known: known) else { return nil }
        var recipe = ThumbnailRecipe()
        recipe.interval =
            fields["interval"]?.seconds("interval", in: ThumbnailRecipe.intervals) ?? recipe.interval
        recipe.width = fields["width"]?.number("width", in: ThumbnailRecipe.widths) ?? recipe.width
        recipe.columns = fields["columns"]?.number("columns", in: ThumbnailRecipe.counts) ?? recipe.columns
        recipe.rows = fields["rows"]?.number("rows", in: ThumbnailRecipe.counts) ?? recipe.rows
        for defect in recipe.defects { report("'thumbnails': \(defect)") }
        return recipe
    }

    /// `poster: best`, `poster: 12.5s`, or `poster: { position: best, width: 1280 }`.
    func posterRecipe() -> PosterRecipe? {
        var recipe = PosterRecipe()
        if scalarText != nil {
            recipe.position = position("poster")
            return recipe
        }
        guard let fields = DocumentFields(self, of: "'poster'", known: ["position", "width"]) else { return nil }
        recipe.position = fields["position"]?.position("position")
        recipe.width = fields["width"]?.number("width", in: PosterRecipe.widths) ?? recipe.width
        return recipe
    }

    /// Nil for `best`, and for what is reported.
    private func position(_ field: String) -> Double? {
        scalarText == "best" ? nil : seconds(field, in: PosterRecipe.positions)
    }
}
