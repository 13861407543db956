public import MediaModel

/// The sample entry of WebVTT: `wvtt` (ISO/IEC 14496-30, 6.5) around `vttC` and `vlab`.
public struct WebVTTSampleEntry: Box {
    public let type: FourCC = "wvtt"
    public let children: [any Box]

    /// - Parameters:
    ///   - header: the first lines of a WebVTT file, in UTF-8.
    ///   - label: tells this text from others.
    public init(header: [UInt8], label: String) {
        children = [OpaqueBox("vttC", payload: header), OpaqueBox("vlab", payload: Array(label.utf8))]
    }

    public var fieldsSize: Int { 8 }
    public var fields: [BoxField] { [BoxField("dataReferenceIndex", 1)] }

    public func writeFields(to output: inout ByteOutput) {
        output.zeros(6)
        output.uint16(1)
    }
}

/// The sample entry of XML subtitles: `stpp` (ISO/IEC 14496-12, 12.6.3).
public struct XMLSubtitleSampleEntry: Box {
    public let type: FourCC = "stpp"
    /// Namespace, schema location and types of other resources, each with a zero behind it.
    public let names: [UInt8]

    public init(names: [UInt8]) {
        self.names = names
    }

    public var fieldsSize: Int { 8 + names.count }
    public var fields: [BoxField] { [BoxField("dataReferenceIndex", 1), BoxField("names", bytes: names)] }

    public func writeFields(to output: inout ByteOutput) {
        output.zeros(6)
        output.uint16(1)
        output.append(contentsOf: names)
    }
}

/// `nmhd` or `sthd`: says that a track is timed text (ISO/IEC 14496-12, 8.4.5.2 and 12.6.2).
public struct TextMediaHeaderBox: Box {
    public let type: FourCC

    /// - Parameter entry: of the track's samples.
    public init(of entry: FourCC) {
        type = entry == "stpp" ? "sthd" : "nmhd"
    }

    public var fieldsSize: Int { 4 }
    public var fields: [BoxField] { [] }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
    }
}
