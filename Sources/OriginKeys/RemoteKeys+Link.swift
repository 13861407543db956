public import Catalog
import ContentKeys
import OriginExchange
import Policies
import Synchronization

/// Whether an origin can work, as an orchestrator asks.
public enum KeyServiceState: Sendable, Hashable {
    case up
    /// The key service does not answer; with the keys that are held.
    case away(held: Int)
    /// The key service gives this origin nothing.
    case closed
}

/// How the first question went.
public enum KeyServiceGreeting: Sendable, Hashable {
    case welcome
    /// It may come later.
    case away(String)
    /// Its certificate is not trusted, or it does not let ours in.
    case untrusted(String)
    case notEnrolled
    case unreadable(String)
}

extension RemoteKeys {
    /// What is known now.
    public var keyServiceState: KeyServiceState {
        state.withLock { state in
            switch state.link {
            case .up: .up
            case .unknown, .away: .away(held: state.held.count)
            case .closed: .closed
            }
        }
    }

    /// Asks for nothing, to see who is there.
    public func greet() async -> KeyServiceGreeting {
        do throws(KeyServiceFailure) {
            let asked = now()
            _ = try await client.keys([], types: [])
            noteAnswer(since: asked)
            return .welcome
        } catch {
            noteFailure(error)
            switch error {
            case .away(let reason): return .away(reason)
            case .untrusted(let reason): return .untrusted(reason)
            case .notEnrolled: return .notEnrolled
            case .unreadable(let reason): return .unreadable(reason)
            }
        }
    }

    /// Lets go of keys that were changed, and asks about all of them when anything was that keys are given by.
    /// Call before the watch runs.
    public func listen(to watch: CatalogWatch) {
        watch.listen { [weak self] notices in self?.hear(notices) }
    }

    func hear(_ notices: [CatalogNotice]?) {
        change { state in
            guard let notices else {
                // Nobody can say what was changed: the key service is asked, and what it does not confirm ends then.
                state.generation += 1
                state.mustConfirm = true
                return
            }
            for notice in notices {
                switch notice.subject {
                case .contentKey:
                    state.generation += 1
                    if let keyID = KeyID(notice.id) { state.held.removeAll(of: keyID) }
                // This origin may be revoked, or what a key is for may be published no longer: taken down, say.
                case .origin, .asset, .locator, .deliveryPolicy, .accessPolicy:
                    state.generation += 1
                    state.mustConfirm = true
                case .authorizationPolicy, .secret, .keySeed, .revocation, .streamingEndpoint: continue
                }
            }
        }
    }

    /// Asks whether what is held may be used on, and whether a key service that was away is back, until the task is cancelled.
    ///
    /// - Parameter onChange: is told when the key service goes or comes, for the log.
    public func keep(onChange: @escaping @Sendable (KeyServiceState, String) -> Void) async {
        var told: Link?
        while !Task.isCancelled {
            let link = state.withLock { $0.link }
            if link != told {
                if told != nil || link != .up { onChange(keyServiceState, link.words) }
                told = link
            }
            await confirmWhatIsDue()
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// One look: does nothing unless something is due.
    func confirmWhatIsDue() async {
        let time = now()
        let due = change { state -> [OriginKeyRequest]? in
            state.held.removeOld(at: time, hold: settings.hold)
            let isForced = state.mustConfirm && state.nextForced.map { time >= $0 } != false
            guard state.link == .up || time >= state.nextTry || isForced else { return nil }
            if isForced {
                state.mustConfirm = false
                state.nextForced = time + settings.forcedPause
            }
            guard state.link == .up, !isForced else {
                return state.held.confirmed(before: time)
            }
            let due = state.held.confirmed(before: time - settings.confirmation)
            return due.isEmpty ? nil : due
        }
        guard var due else { return }
        repeat {
            let batch = Array(due.prefix(OriginKeysRequest.mostKeys))
            due.removeFirst(batch.count)
            guard await confirm(batch) else { return }
        } while !due.isEmpty
    }

    /// Also of no key: then it is seen whether the key service is there.
    private func confirm(_ batch: [OriginKeyRequest]) async -> Bool {
        let asked = now()
        let answers: [KeyAnswer]
        do throws(KeyServiceFailure) {
            // Types count for what is released: nothing is here.
            answers = try await client.keys(
                batch.map { ($0, true) }, types: Array(repeating: .storage, count: batch.count))
        } catch {
            noteFailure(error)
            return false
        }
        noteAnswer(since: asked)
        change { state in
            for (request, answer) in zip(batch, answers) {
                if case .confirmed = answer {
                    state.held.confirm(request, asked: asked)
                } else {
                    state.held.remove(request)
                }
            }
        }
        for answer in answers { metrics.answered(answer) }
        return true
    }

    func noteAnswer(since asked: ContinuousClock.Instant) {
        state.withLock { state in
            state.link = .up
            state.pause = .zero
        }
        metrics.answered(after: now() - asked)
    }

    func noteFailure(_ failure: KeyServiceFailure) {
        let time = now()
        change { state in
            switch failure {
            case .away, .untrusted, .unreadable:
                state.link = .away(failure.description)
                state.pause = min(max(state.pause * 2, settings.shortestPause), settings.longestPause)
            case .notEnrolled:
                state.link = .closed
                state.held.removeAll()
                state.generation += 1
                state.pause = settings.closedPause
            }
            state.nextTry = time + state.pause
        }
        metrics.failed(failure)
    }
}

extension RemoteKeys.Link {
    fileprivate var words: String {
        switch self {
        case .unknown: "was not asked yet"
        case .up: "answers"
        case .away(let reason): reason
        case .closed: "gives this origin's certificate nothing"
        }
    }
}
