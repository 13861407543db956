import Catalog

/// What a Transform's task of kind `package` says.
extension DocumentNode {
    /// The fields of such a task, besides those that all have.
    static let packageFields = ["folder", "sas", "formats", "encryption", "keysUrl"]

    func packageOptions(_ fields: DocumentFields, _ references: inout [DocumentReference]) -> TaskPackage {
        var package = TaskPackage()
        package.folder = fields["folder"]?.folder("folder")
        package.sas = fields["sas"]?.name("sas")
        if let node = fields["sas"], let name = package.sas {
            references.append(DocumentReference(.secret, name, at: node.position))
        }
        if (fields["folder"] == nil) == (fields["sas"] == nil) {
            report("a task of kind 'package' needs 'folder' or 'sas', and not both")
        }
        package.formats = fields["formats"]?.list("formats")?.compactMap {
            $0.choice(TaskPackage.Format.self, "formats")
        }
        if let formats = package.formats, Set(formats).count < formats.count {
            fields["formats"]?.report("'formats' names a format twice")
        }
        package.encryption = fields["encryption"]?.choice(TaskPackage.Encryption.self, "encryption")
        package.keysURL = fields["keysUrl"]?.serverURL("keysUrl")
        return package
    }

    /// An absolute path that says where it leads.
    private func folder(_ field: String) -> String? {
        guard let text = text(field) else { return nil }
        let parts = text.split(separator: "/")
        guard text.hasPrefix("/"), !parts.isEmpty, parts.allSatisfy({ $0 != ".." && $0 != "." }) else {
            report("'\(field)' is the absolute path of a folder, without '..': /srv/www/films")
            return nil
        }
        return text
    }
}
