import Synchronization

/// Where manifests tell players to ask for keys: as configured, or where the keys' listener turned out to be (port 0).
package final class KeyBaseURL: Sendable {
    private let url: Mutex<String>
    private let isConfigured: Bool

    package init(configured: String?) {
        url = Mutex(configured ?? "")
        isConfigured = configured != nil
    }

    package var current: String { url.withLock { $0 } }

    /// Takes the listener's own address, unless one was configured.
    package func learn(_ listener: String) {
        guard !isConfigured else { return }
        url.withLock { $0 = listener }
    }
}
