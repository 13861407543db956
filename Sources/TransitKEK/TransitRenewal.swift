import KeyWrapping
public import Logging

extension TransitKEKStore {
    /// Renews the token at half of its lease until the task is cancelled, and at once when its file changes. A failure is
    /// logged and tried again: the service goes on with the KEK that it holds.
    public func keepToken(logger: Logger) async {
        var failures = 0
        var said: String?
        while !Task.isCancelled {
            let identity = client.token.identity
            let wait: Duration
            do {
                let (seconds, isRenewable) = try await renew()
                if failures > 0 { logger.notice("the transit token was renewed") }
                (failures, said) = (0, nil)
                // 0 is a token without an end; one that is not renewable is replaced in its file by whoever made it.
                wait =
                    seconds > 0 && isRenewable
                    ? .milliseconds(min(max(seconds * 500, 500), 43_200_000)) : .seconds(3600)
                if seconds > 0 && !isRenewable {
                    logger.warning("the transit token ends in \(seconds) s and is not renewable; replace its file")
                }
            } catch {
                guard !Task.isCancelled else { return }
                failures = min(failures + 1, 10)
                wait = .seconds(min(1 << (failures - 1), 60))
                // Said once, not every minute.
                if said != "\(error)" {
                    logger.warning("the transit token was not renewed, and is tried again: \(error)")
                }
                said = "\(error)"
            }
            await sleep(wait) { client.token.identity != identity }
        }
    }

    /// What the server says of the token after renewal.
    private func renew() async throws -> (seconds: Int64, isRenewable: Bool) {
        let body = try await client.ask(
            .init(path: "auth/token/renew-self", body: "{}", purpose: "renew the transit token"))
        guard let renewal = TransitAnswer.renewal(body) else {
            throw KEKError("'\(client.configuration.address)' answered a renewal without a lease")
        }
        return (min(max(renewal.seconds, 0), 1 << 32), renewal.isRenewable)
    }

    /// In steps of at most 5 seconds, so that a changed file is noticed.
    private func sleep(_ duration: Duration, unless isOver: () -> Bool) async {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end, !Task.isCancelled, !isOver() {
            try? await Task.sleep(until: min(end, .now + .seconds(5)), clock: .continuous)
        }
    }
}
