import ContentKeys
import Crypto
import Foundation

extension KEK {
    /// What shows later that a key is this one: nothing, sealed under it. It is stored with the version's record, so that
    /// a wrong KEK is found also when nothing is wrapped under it yet.
    public func makeProof() throws -> [UInt8] {
        let sealed = try AES.GCM.seal([UInt8](), using: symmetricKey, authenticating: proofData)
        return Array(sealed.combined ?? Data())
    }

    /// Whether a proof was made with this key, for this version.
    public func made(proof: [UInt8]) -> Bool {
        guard let box = try? AES.GCM.SealedBox(combined: proof) else { return false }
        return (try? AES.GCM.open(box, using: symmetricKey, authenticating: proofData)) != nil
    }

    private var proofData: [UInt8] {
        Array("keyway kek proof 1\u{0}\(version.rawValue)".utf8)
    }
}
