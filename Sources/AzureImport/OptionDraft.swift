import Policies

/// A policy as an export has it, before it has a name here.
struct PolicyDraft {
    var place: ExportPlace
    /// Its name there; nil where the export leaves it out.
    var name: String?
    /// The file's, for a policy whose name no export tells.
    var fileName: String
    /// In lower case, without a prefix; nil where the export leaves it out.
    var id: String?
    var lastModified: String?
    var options: [OptionDraft] = []
    /// Whether a token restriction was exported without its secrets.
    var lacksSecrets = false
    /// About this draft, which another one of the same policy may take the place of.
    var findings = FindingList()
}

/// An option, its secrets named by their role in it.
struct OptionDraft {
    var name: String?
    var delivery: KeyDeliveryType
    var restrictions: [Restriction]
    var secrets: [ImportedSecret]
    var place: ExportPlace
}
