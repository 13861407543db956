/// The program's version (semantic versioning).
enum Version {
    static let text = "0.1.0"
}
