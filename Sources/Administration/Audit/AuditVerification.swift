import Catalog

/// Checks the audit log: its chain, every checkpoint's signature, and that both tell the same. In constant memory.
struct AuditVerification {
    /// What the log looks like, as far as it is whole.
    struct Finding {
        var origin = AuditPlace.start
        var place = AuditPlace.start
        var checkpoints: Int64 = 0
        /// The newest record that is signed.
        var signed: Int64 = 0
        var defect: String?
    }

    /// What somebody kept outside: nil where nothing was.
    struct Witness {
        var key: AuditPublicKey?
        var checkpoint: AuditCheckpoint?
    }

    private static let pageSize = 500

    private let catalog: any CatalogEngine
    private let witness: Witness
    private var finding = Finding()
    private var chain = AuditChain.Verifier()
    private var reading: AuditReading
    private var last: AuditCheckpoint?
    private var wasSeen = false
    /// The newest record when the verification began.
    private var written: Int64 = 0

    /// Looks once; when records are pruned meanwhile, again.
    static func run(_ catalog: any CatalogEngine, _ witness: Witness) async throws -> Finding {
        for _ in 0..<3 {
            let origin = try await catalog.lastAuditCheckpoint()?.checkpoint.prunedThrough
            var verification = AuditVerification(catalog, witness)
            try await verification.verify()
            let isStill = try await catalog.lastAuditCheckpoint()?.checkpoint.prunedThrough == origin
            if verification.finding.defect == nil || isStill { return verification.finding }
        }
        throw OperatorError(.conflict, "the audit log was pruned again and again while it was checked: ask again")
    }

    private init(_ catalog: any CatalogEngine, _ witness: Witness) {
        self.catalog = catalog
        self.witness = witness
        reading = AuditReading(catalog, after: 0)
    }

    private mutating func verify() async throws {
        written = try await catalog.lastAuditSequence()
        let stored = try await catalog.auditKey()?.publicKey
        let newest = try await catalog.lastAuditCheckpoint()
        if let key = witness.key, let stored, key != stored {
            return blame("its signing key is \(stored.fingerprint), not the one that you kept")
        }
        guard let key = witness.key ?? stored else { return try await verifyUnsigned(newest) }
        if let kept = witness.checkpoint, !kept.isSigned(by: key) {
            return blame("the checkpoint that you kept is not signed by the key \(key.fingerprint)")
        }
        guard let origin = newest == nil ? .start : newest?.origin else {
            return blame("its last checkpoint does not say where the log begins")
        }
        finding.origin = origin
        finding.place = origin
        chain = AuditChain.Verifier(after: origin)
        reading = AuditReading(catalog, after: origin.sequence)
        try await followCheckpoints(key)
        if finding.defect == nil { try await finish() }
    }

    /// A log of before the first checkpoint.
    private mutating func verifyUnsigned(_ newest: AuditCheckpoint?) async throws {
        guard newest == nil, witness.checkpoint == nil else { return blame("its signing key is gone") }
        try await finish()
    }

    private mutating func followCheckpoints(_ key: AuditPublicKey) async throws {
        while finding.defect == nil {
            let page = try await catalog.auditCheckpoints(after: finding.checkpoints, limit: Self.pageSize)
            if page.isEmpty { return }
            for checkpoint in page {
                try await check(checkpoint, key)
                if finding.defect != nil { return }
            }
        }
    }

    private mutating func check(_ checkpoint: AuditCheckpoint, _ key: AuditPublicKey) async throws {
        let statement = checkpoint.checkpoint
        let expected = finding.checkpoints &+ 1
        guard statement.number == expected else { return blame("checkpoint \(expected) is missing") }
        guard checkpoint.isSigned(by: key) else {
            return blame("the signature of checkpoint \(expected) does not fit: it was changed")
        }
        guard statement.previous == last?.checkpoint.digest ?? AuditChain.start.hexadecimal,
            statement.record > last?.checkpoint.record ?? 0,
            statement.prunedThrough >= last?.checkpoint.prunedThrough ?? 0, let head = checkpoint.head
        else { return blame("checkpoint \(expected) does not follow on the one before it") }
        if let kept = witness.checkpoint, kept.checkpoint.number == expected {
            guard kept.checkpoint == statement else {
                return blame("checkpoint \(expected) is not the one that you kept: the log was rewritten")
            }
            wasSeen = true
        }
        try await advance(through: head.sequence)
        if finding.defect != nil { return }
        if chain.place.sequence < head.sequence {
            return blame(
                "it ends at record \(chain.place.sequence), but checkpoint \(expected) was signed at record "
                    + "\(head.sequence): its end was cut off")
        }
        // What was pruned cannot be compared any more.
        if chain.place.sequence == head.sequence, chain.place.hash != head.hash {
            return blame("record \(head.sequence) is not the one that checkpoint \(expected) signed: it was rewritten")
        }
        finding.checkpoints = expected
        finding.signed = head.sequence
        last = checkpoint
    }

    /// Verifies records up to one, or to the end of the log.
    private mutating func advance(through sequence: Int64) async throws {
        while chain.place.sequence < sequence, let record = try await reading.next() {
            if let defect = chain.verify(record) {
                return blame("it is broken at record \(defect.sequence): \(defect.reason)")
            }
            finding.place = chain.place
        }
    }

    /// What was written after the last checkpoint.
    private mutating func finish() async throws {
        try await advance(through: .max)
        if finding.defect != nil { return }
        if let kept = witness.checkpoint, !wasSeen {
            return blame(
                "checkpoint \(kept.checkpoint.number), which you kept, is not in it: its end was cut off, or it was "
                    + "rewritten")
        }
        if witness.key != nil, finding.checkpoints == 0 { blame("it has no checkpoint, so nothing of it is signed") }
        if chain.place.sequence < written {
            blame("it ends at record \(chain.place.sequence), but \(written) were written")
        }
    }

    private mutating func blame(_ defect: String) {
        if finding.defect == nil { finding.defect = "the audit log is not intact: \(defect)" }
    }
}
