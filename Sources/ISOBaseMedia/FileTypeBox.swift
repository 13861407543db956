public import MediaModel

/// `ftyp` of a file (ISO/IEC 14496-12, 4.3) and `styp` of a segment (8.16.2): what a reader must understand.
public struct FileTypeBox: ReadableBox {
    public var type: FourCC
    public var majorBrand: FourCC
    public var minorVersion: UInt32
    public var compatibleBrands: [FourCC]

    public init(_ type: FourCC, majorBrand: FourCC, minorVersion: UInt32 = 0, compatibleBrands: [FourCC]) {
        self.type = type
        self.majorBrand = majorBrand
        self.minorVersion = minorVersion
        self.compatibleBrands = compatibleBrands
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        self.type = type
        majorBrand = try input.fourCC()
        minorVersion = try input.uint32()
        compatibleBrands = []
        while input.remaining >= 4 { compatibleBrands.append(try input.fourCC()) }
    }

    /// Of an init segment: a CMAF track (ISO/IEC 23000-19, 7.2) that DASH and HLS players read.
    public static let track = FileTypeBox(
        "ftyp", majorBrand: "iso6", compatibleBrands: ["iso6", "cmfc", "dash", "mp41"])

    /// Of a media segment: one CMAF fragment (ISO/IEC 23000-19, 7.3.3.1), addressable by DASH (ISO/IEC 23009-1, 6.3.4.2).
    public static let segment = FileTypeBox("styp", majorBrand: "msdh", compatibleBrands: ["msdh", "cmfs", "cmff"])

    public var fieldsSize: Int { 8 + 4 * compatibleBrands.count }

    public var fields: [BoxField] {
        [
            BoxField("majorBrand", majorBrand), BoxField("minorVersion", minorVersion),
            BoxField("compatibleBrands", compatibleBrands.map(\.description).joined(separator: " ")),
        ]
    }

    public func writeFields(to output: inout ByteOutput) {
        output.fourCC(majorBrand)
        output.uint32(minorVersion)
        for brand in compatibleBrands { output.fourCC(brand) }
    }
}
