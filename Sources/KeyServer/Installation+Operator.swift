package import Adapters
package import Administration
package import AssetFiles
package import Catalog
import Foundation
import Policies

extension Installation {
    /// How administration makes keys, without seeing their bytes.
    package var contentKeyMaker: ContentKeyMaker {
        { type, keyID, name in try makeContentKey(type, keyID: keyID, name: name) }
    }

    /// Does what operators ask, on this data folder.
    ///
    /// - Parameters:
    ///   - actor: for the audit log.
    ///   - inputs: which files of the machine jobs may read.
    ///   - addresses: the URLs of a published asset, as the origin writes them; none where there is no origin.
    ///   - sas: signs SAS URLs; nil where there is no origin.
    ///   - packages: makes packages; nil where there is no origin.
    ///   - backups: takes backups; nil where there is no folder for them.
    ///   - diagnose: examines this machine; nil where nobody does.
    package func makeOperator(
        actor: String, role: AdminRole, inputs: JobInputRule = JobInputRule(below: []),
        addresses: @escaping @Sendable (PublishedAsset) -> AssetAddresses = { _ in .none }, sas: SASIssuer? = nil,
        packages: (any PackageExport)? = nil, backups: BackupMaker? = nil, diagnose: Diagnostician? = nil
    ) -> LocalOperator {
        var context = OperatorContext(
            catalog: catalog, verifier: verifier, revocations: revocations, makeKey: contentKeyMaker,
            makeSecret: { name, value in try makeSecret(named: name, value: value) },
            auditKeys: auditKeyMaterial, addresses: addresses,
            material: KeyAccess(material: keyMaterial, unwrapper: unwrapper), keks: keks, operations: operations,
            actor: actor, role: role, keySetHosts: keySetHosts, assets: storedAssets, sas: sas, inputRule: inputs)
        context.uploadKeys = makeUploadKeys()
        context.signPath = { signature, secret in try sign(signature, under: secret) }
        context.compareSecret = { name, value in try compareSecret(name, value) }
        context.packages = packages
        context.backups = backups
        context.diagnose = diagnose
        return LocalOperator(context)
    }

    /// Works on content keys, as the operator at this machine.
    package static var localActor: String { "local:\(NSUserName())" }
}
