public import Markup

extension CPIX {
    /// A document as it came, and the signatures that were found on it and hold.
    public struct Received: Sendable {
        public var document: CPIX
        public var signatures: [XMLSignature]
    }

    /// Reads a document and verifies every signature that it has.
    ///
    /// - Throws: `CPIXError` that says where and what.
    public static func read(
        _ bytes: UnsafeRawBufferPointer, limits: MarkupLimits = MarkupLimits()
    ) throws(CPIXError) -> Received {
        let markup: MarkupDocument
        do {
            markup = try MarkupDocument(bytes, limits: limits)
        } catch {
            throw CPIXError(error.reason, at: error.position)
        }
        // What is verified is this tree, and what is used is made of it.
        let signatures = try XMLSignature.verifyAll(in: markup)
        return Received(document: try CPIX(markup.root), signatures: signatures)
    }
}
