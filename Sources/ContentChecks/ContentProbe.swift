public import AssetFiles
public import EncoderProtocol

/// Looks into content, in a process that has no other rights: a port.
public protocol ContentProbe: Sendable {
    /// - Throws: when nothing can be looked at now.
    func facts(of content: CheckedContent) async throws -> Probed<MediaFacts>
    /// Chromaprint's raw fingerprint of the first stream of sound; empty where there is none.
    func fingerprint(of content: CheckedContent) async throws -> Probed<[UInt32]>
}

/// What came of a look into content.
public enum Probed<Value: Sendable>: Sendable {
    case found(Value)
    /// It is no media.
    case notMedia(String)
    /// It is damaged, or more than may be.
    case unreadable(String)
    /// The process that looked died of it.
    case died(String)
}
