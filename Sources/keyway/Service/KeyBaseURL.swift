import Synchronization

/// Where manifests tell players to ask for keys: as configured, or where the keys' listener turned out to be (port 0).
final class KeyBaseURL: Sendable {
    private let url: Mutex<String>
    private let isConfigured: Bool

    init(configured: String?) {
        url = Mutex(configured ?? "")
        isConfigured = configured != nil
    }

    var current: String { url.withLock { $0 } }

    /// Takes the listener's own address, unless one was configured.
    func learn(_ listener: String) {
        guard !isConfigured else { return }
        url.withLock { $0 = listener }
    }
}
