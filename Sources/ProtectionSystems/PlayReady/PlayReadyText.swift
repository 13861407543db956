import ContentKeys
import Foundation

extension KeyID {
    /// As PlayReady writes a KID: the little-endian GUID in base64.
    var playReadyText: String { Data(littleEndianBytes).base64EncodedString() }

    /// From the form above, which is 24 characters; nil for anything else.
    init?(playReadyText: String) {
        guard playReadyText.utf8.count == 24, let data = Data(base64Encoded: playReadyText) else { return nil }
        self.init(littleEndianBytes: data)
    }
}
