public import MediaModel

/// What an init segment says about a protected track: the content of its `sinf` (ISO/IEC 14496-12, 8.12).
public struct TrackProtection: Sendable, Hashable {
    /// `cenc` or `cbcs`.
    public var scheme: FourCC
    public var sampleProtection: SampleProtection

    public init(scheme: FourCC, sampleProtection: SampleProtection) {
        self.scheme = scheme
        self.sampleProtection = sampleProtection
    }

    /// `sinf` with `frma`, `schm` and `schi/tenc`.
    func box(originalFormat: FourCC) -> ContainerBox {
        ContainerBox(
            "sinf",
            [
                OriginalFormatBox(format: originalFormat), SchemeTypeBox(scheme: scheme),
                ContainerBox("schi", [TrackEncryptionBox(sampleProtection)]),
            ])
    }
}
