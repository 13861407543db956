import GRDB

/// The schema, one migration a version; a migration that was released is never changed.
enum Migrations {
    static var all: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(sql: policies)
            try database.execute(sql: keys)
            try database.execute(sql: assets)
            try database.execute(sql: locators)
            try database.execute(sql: jobs)
            try database.execute(sql: audit)
        }
        migrator.registerMigration("auditBatches") { try $0.execute(sql: auditBatches) }
        migrator.registerMigration("kek") { try $0.execute(sql: kek) }
        migrator.registerMigration("keyOperations") { try $0.execute(sql: keyOperations) }
        migrator.registerMigration("changeLog") { try $0.execute(sql: changeLog()) }
        migrator.registerMigration("adminTokens") { try $0.execute(sql: adminTokens) }
        migrator.registerMigration("keySets") { try $0.execute(sql: keySets) }
        migrator.registerMigration("revocations") { try $0.execute(sql: revocations) }
        migrator.registerMigration("auditCheckpoints") { try $0.execute(sql: auditCheckpoints) }
        migrator.registerMigration("encryptors") { try $0.execute(sql: encryptors) }
        migrator.registerMigration("keyAssignmentNotices") { try $0.execute(sql: keyAssignmentNotices) }
        migrator.registerMigration("filters") { try $0.execute(sql: filters) }
        migrator.registerMigration("jobWarnings") { try $0.execute(sql: jobWarnings) }
        migrator.registerMigration("endpoints") { try $0.execute(sql: endpoints) }
        migrator.registerMigration("takedown") { try $0.execute(sql: takedown) }
        migrator.registerMigration("origins") { try $0.execute(sql: origins) }
        migrator.registerMigration("cryptoPeriods") { try $0.execute(sql: cryptoPeriods) }
        migrator.registerMigration("storedForms") { try $0.execute(sql: storedForms) }
        migrator.registerMigration("assetFiles") { try $0.execute(sql: assetFiles) }
        migrator.registerMigration("restorations") { try $0.execute(sql: restorations) }
        migrator.registerMigration("tasks") { try $0.execute(sql: tasks) }
        migrator.registerMigration("quarantine") { try $0.execute(sql: quarantine) }
        migrator.registerMigration("storageAccounts") { try $0.execute(sql: storageAccounts) }
        migrator.registerMigration("requiredChecks") { try $0.execute(sql: requiredChecks) }
        migrator.registerMigration("fileKeys") { try $0.execute(sql: fileKeys) }
        migrator.registerMigration("sealedKeyUses") { try $0.execute(sql: sealedKeyUses) }
        migrator.registerMigration("indexTags") { try $0.execute(sql: indexTags) }
        migrator.registerMigration("sharedFiles") { try $0.execute(sql: sharedFiles) }
        migrator.registerMigration("checkedInputs") { try $0.execute(sql: checkedInputs) }
        // Nothing changes at once. Programs of before would take what is written from now on for a broken log: see
        // `StoredLines`.
        migrator.registerMigration("compressedAudit") { _ in }
        return migrator
    }

    private static let indexTags = "ALTER TABLE track ADD COLUMN indexTag BLOB CHECK (length(indexTag) = 16);"

    private static let jobWarnings = "ALTER TABLE job ADD COLUMN warnings TEXT NOT NULL DEFAULT '';"

    /// Brings the schema up to date, also while other processes do the same.
    ///
    /// What is missing is looked up before the first transaction, so another process may make it in between. Each migration
    /// is one transaction that also notes its name, which is unique: the attempt of whoever comes second fails and leaves
    /// nothing. It goes on with what is left; a failure while nobody makes progress is an error.
    static func run(on pool: DatabasePool) throws {
        let migrator = all
        func countApplied() throws -> Int { try pool.read { try migrator.appliedIdentifiers($0).count } }
        while true {
            let before = try countApplied()
            do {
                return try migrator.migrate(pool)
            } catch {
                guard try countApplied() > before else { throw error }
            }
        }
    }

    private static let endpoints =
        """
        CREATE TABLE streamingEndpoint (
            name TEXT PRIMARY KEY NOT NULL,
            document TEXT NOT NULL
        ) STRICT;
        """
        + [("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")].map { event, row in
            """
            CREATE TRIGGER streamingEndpoint\(event) AFTER \(event) ON streamingEndpoint BEGIN
                INSERT INTO changeLog (subject, id) VALUES ('streamingEndpoint', \(row).name);
            END;
            """
        }.joined(separator: "\n")

    private static let takedown = """
        -- When it was taken down; NULL while it is served.
        ALTER TABLE asset ADD COLUMN takenDown REAL;
        ALTER TABLE asset ADD COLUMN takedownReason TEXT;
        """

    private static let filters = """
        CREATE TABLE presentationFilter (
            -- Behind the asset's name and a slash where it is an asset's.
            name TEXT PRIMARY KEY NOT NULL,
            document TEXT NOT NULL
        ) STRICT;
        -- Names, with semicolons between them.
        ALTER TABLE locator ADD COLUMN filters TEXT NOT NULL DEFAULT '';
        """

    private static let revocations = """
        CREATE TABLE revocation (
            id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 32),
            kind TEXT NOT NULL,
            value TEXT NOT NULL,
            issuer TEXT,
            reason TEXT,
            created REAL NOT NULL,
            expires REAL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX revocationExpires ON revocation (expires) WHERE expires IS NOT NULL;
        """
        + ["INSERT", "UPDATE", "DELETE"].map { event in
            """
            CREATE TRIGGER revocation\(event) AFTER \(event) ON revocation BEGIN
                INSERT INTO changeLog (subject, id) VALUES ('revocation', \(event == "DELETE" ? "OLD" : "NEW").id);
            END;
            """
        }.joined(separator: "\n")

    private static let origins =
        """
        CREATE TABLE origin (
            name TEXT PRIMARY KEY NOT NULL,
            hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
            created REAL NOT NULL,
            revoked REAL
        ) STRICT;
        """
        + ["INSERT", "UPDATE"].map { event in
            """
            CREATE TRIGGER origin\(event) AFTER \(event) ON origin BEGIN
                INSERT INTO changeLog (subject, id) VALUES ('origin', NEW.name);
            END;
            """
        }.joined(separator: "\n")

    /// Which keys an asset's tracks have belongs to the asset.
    private static let keyAssignmentNotices = [("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")].map {
        event, row in
        """
        CREATE TRIGGER keyAssignment\(event) AFTER \(event) ON keyAssignment BEGIN
            INSERT INTO changeLog (subject, id) VALUES ('asset', \(row).asset);
        END;
        """
    }.joined(separator: "\n")

    /// A label has a key for each crypto period. The triggers go with the table that they stood on.
    private static let cryptoPeriods =
        """
        CREATE TABLE periodKeyAssignment (
            asset TEXT NOT NULL REFERENCES asset (name),
            encryption TEXT NOT NULL,
            label TEXT NOT NULL,
            period INTEGER NOT NULL CHECK (period >= 0),
            sinceVersion INTEGER NOT NULL CHECK (sinceVersion > 0),
            kid BLOB NOT NULL REFERENCES contentKey (kid),
            PRIMARY KEY (asset, encryption, label, period, sinceVersion)
        ) STRICT;
        INSERT INTO periodKeyAssignment (asset, encryption, label, period, sinceVersion, kid)
            SELECT asset, encryption, label, 0, sinceVersion, kid FROM keyAssignment;
        DROP TABLE keyAssignment;
        ALTER TABLE periodKeyAssignment RENAME TO keyAssignment;
        CREATE INDEX keyAssignmentKey ON keyAssignment (kid);

        """ + keyAssignmentNotices

    /// Not in the change log: each process asks the issuers for itself, and reads this when they do not answer.
    private static let keySets = """
        CREATE TABLE keySet (
            kind TEXT NOT NULL CHECK (kind IN ('jwks', 'openid')),
            url TEXT NOT NULL,
            issuer TEXT,
            document BLOB NOT NULL,
            fetched REAL NOT NULL,
            PRIMARY KEY (kind, url)
        ) STRICT, WITHOUT ROWID;
        """

    private static let auditCheckpoints = """
        CREATE TABLE auditKey (
            id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
            publicKey BLOB NOT NULL CHECK (length(publicKey) = 32),
            kek INTEGER NOT NULL CHECK (kek > 0),
            ciphertext BLOB NOT NULL,
            created REAL NOT NULL
        ) STRICT;
        CREATE TABLE auditCheckpoint (
            number INTEGER PRIMARY KEY NOT NULL CHECK (number > 0),
            -- The newest record when it was signed.
            record INTEGER NOT NULL CHECK (record > 0),
            -- The document, statement and signature, as it is given out.
            document TEXT NOT NULL
        ) STRICT;
        CREATE INDEX auditCheckpointRecord ON auditCheckpoint (record);
        """

    private static let adminTokens = """
        CREATE TABLE adminToken (
            name TEXT PRIMARY KEY NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('reader', 'operator', 'key-admin')),
            hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
            created REAL NOT NULL,
            expires REAL,
            revoked REAL
        ) STRICT;
        """

    private static let encryptors = """
        CREATE TABLE encryptor (
            name TEXT PRIMARY KEY NOT NULL,
            hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
            -- Not a reference: a policy that is gone covers nothing.
            authorizationPolicy TEXT NOT NULL,
            mayCreate INTEGER NOT NULL CHECK (mayCreate IN (0, 1)),
            created REAL NOT NULL,
            expires REAL,
            revoked REAL
        ) STRICT;
        """

    private static let policies = """
        CREATE TABLE authorizationPolicy (
            name TEXT PRIMARY KEY NOT NULL,
            document TEXT NOT NULL
        ) STRICT;
        CREATE TABLE deliveryPolicy (
            name TEXT PRIMARY KEY NOT NULL,
            document TEXT NOT NULL
        ) STRICT;
        CREATE TABLE accessPolicy (
            name TEXT PRIMARY KEY NOT NULL,
            document TEXT NOT NULL
        ) STRICT;
        CREATE TABLE secret (
            name TEXT PRIMARY KEY NOT NULL,
            kek INTEGER NOT NULL CHECK (kek > 0),
            ciphertext BLOB NOT NULL,
            created REAL NOT NULL
        ) STRICT;
        """

    private static let keys = """
        CREATE TABLE contentKey (
            kid BLOB PRIMARY KEY NOT NULL CHECK (length(kid) = 16),
            type TEXT NOT NULL CHECK (type IN ('common', 'common-cbcs', 'envelope', 'storage')),
            kek INTEGER NOT NULL CHECK (kek > 0),
            ciphertext BLOB NOT NULL,
            name TEXT UNIQUE,
            authorizationPolicy TEXT REFERENCES authorizationPolicy (name),
            enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
            created REAL NOT NULL,
            -- The next IV number under this key: it only grows, so that no number is given twice.
            nextNumber INTEGER NOT NULL DEFAULT 0 CHECK (nextNumber BETWEEN 0 AND 4294967296)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX contentKeyPolicy ON contentKey (authorizationPolicy);
        """

    private static let assets = """
        CREATE TABLE asset (
            name TEXT PRIMARY KEY NOT NULL,
            created REAL NOT NULL,
            currentVersion INTEGER,
            storageKey BLOB NOT NULL UNIQUE REFERENCES contentKey (kid),
            -- Counters that only grow: versions and file nonces are never given twice.
            nextVersion INTEGER NOT NULL CHECK (nextVersion > 0),
            nextNonce INTEGER NOT NULL CHECK (nextNonce >= 0)
        ) STRICT;
        CREATE TABLE assetVersion (
            asset TEXT NOT NULL REFERENCES asset (name),
            number INTEGER NOT NULL CHECK (number > 0),
            created REAL NOT NULL,
            job TEXT,
            PRIMARY KEY (asset, number)
        ) STRICT;
        CREATE TABLE track (
            asset TEXT NOT NULL,
            version INTEGER NOT NULL,
            position INTEGER NOT NULL,
            name TEXT NOT NULL,
            description TEXT NOT NULL,
            duration INTEGER NOT NULL,
            segmentCount INTEGER NOT NULL,
            mediaFile TEXT NOT NULL,
            indexFile TEXT NOT NULL,
            mediaSize INTEGER NOT NULL,
            mediaNonce INTEGER NOT NULL,
            indexDigest BLOB NOT NULL CHECK (length(indexDigest) = 32),
            PRIMARY KEY (asset, version, position),
            UNIQUE (asset, version, name),
            UNIQUE (asset, mediaNonce),
            FOREIGN KEY (asset, version) REFERENCES assetVersion (asset, number)
        ) STRICT;
        CREATE TABLE keyAssignment (
            asset TEXT NOT NULL REFERENCES asset (name),
            encryption TEXT NOT NULL,
            label TEXT NOT NULL,
            kid BLOB NOT NULL REFERENCES contentKey (kid),
            PRIMARY KEY (asset, encryption, label)
        ) STRICT;
        CREATE INDEX keyAssignmentKey ON keyAssignment (kid);
        CREATE TABLE ivAllocation (
            kid BLOB NOT NULL REFERENCES contentKey (kid),
            number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 4294967295),
            asset TEXT NOT NULL,
            version INTEGER NOT NULL,
            track TEXT NOT NULL,
            period INTEGER NOT NULL CHECK (period >= 0),
            PRIMARY KEY (kid, number),
            UNIQUE (kid, asset, version, track, period),
            FOREIGN KEY (asset, version, track) REFERENCES track (asset, version, name)
        ) STRICT, WITHOUT ROWID;
        """

    private static let locators = """
        CREATE TABLE locator (
            id TEXT PRIMARY KEY NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('streaming', 'sas')),
            asset TEXT NOT NULL REFERENCES asset (name),
            accessPolicy TEXT NOT NULL REFERENCES accessPolicy (name),
            start REAL NOT NULL,
            "end" REAL NOT NULL,
            revoked INTEGER NOT NULL CHECK (revoked IN (0, 1))
        ) STRICT;
        CREATE INDEX locatorAsset ON locator (asset);
        CREATE TABLE locatorDeliveryPolicy (
            locator TEXT NOT NULL REFERENCES locator (id),
            position INTEGER NOT NULL,
            deliveryPolicy TEXT NOT NULL REFERENCES deliveryPolicy (name),
            PRIMARY KEY (locator, position),
            UNIQUE (locator, deliveryPolicy)
        ) STRICT;
        CREATE INDEX locatorDeliveryPolicyName ON locatorDeliveryPolicy (deliveryPolicy);
        """

    private static let jobs = """
        CREATE TABLE job (
            id TEXT PRIMARY KEY NOT NULL,
            asset TEXT NOT NULL,
            input TEXT NOT NULL,
            preset TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('queued', 'processing', 'finished', 'error', 'canceled')),
            attempt INTEGER NOT NULL,
            progress REAL NOT NULL,
            errorCode TEXT,
            errorMessage TEXT,
            created REAL NOT NULL,
            started REAL,
            ended REAL,
            version INTEGER
        ) STRICT;
        CREATE INDEX jobState ON job (state, created);
        """

    private static let audit = """
        CREATE TABLE auditRecord (
            sequence INTEGER PRIMARY KEY NOT NULL CHECK (sequence > 0),
            event BLOB NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;
        CREATE TABLE tokenUse (
            identity BLOB PRIMARY KEY NOT NULL,
            uses INTEGER NOT NULL CHECK (uses > 0),
            expires REAL NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX tokenUseExpiry ON tokenUse (expires);
        """

    /// Audit records that were committed together share a row: see `AuditBatch`.
    private static let auditBatches = """
        CREATE TABLE auditBatch (
            first INTEGER PRIMARY KEY NOT NULL CHECK (first > 0),
            last INTEGER NOT NULL CHECK (last >= first),
            -- The times of the events, in seconds since 1970.
            earliest REAL NOT NULL,
            latest REAL NOT NULL,
            events BLOB NOT NULL,
            hashes BLOB NOT NULL CHECK (length(hashes) = 32 * (last - first + 1))
        ) STRICT;
        INSERT INTO auditBatch (first, last, earliest, latest, events, hashes)
            SELECT sequence, sequence, time, time, event, hash FROM (
                SELECT sequence, coalesce(json_extract(CAST(event AS TEXT), '$.time'), 0) / 1000.0 AS time, event, hash
                FROM auditRecord ORDER BY sequence);
        DROP TABLE auditRecord;
        CREATE INDEX auditBatchTime ON auditBatch (latest);
        """

    /// How far back the log of changes reaches.
    static let changeLogLength = 10_000

    /// The log of changes, written by triggers so that no way of changing a record can forget it.
    private static func changeLog() -> String {
        let log = """
            CREATE TABLE changeLog (
                sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                subject TEXT NOT NULL,
                id TEXT NOT NULL
            ) STRICT;
            CREATE TRIGGER changeLogLength AFTER INSERT ON changeLog BEGIN
                DELETE FROM changeLog WHERE sequence <= NEW.sequence - \(changeLogLength);
            END;
            """
        let keys = ["contentKey": "hex(%.kid)", "locator": "%.id"]
        let named = ["authorizationPolicy", "deliveryPolicy", "accessPolicy", "secret", "asset", "keySeed"].map {
            ($0, "%.name")
        }
        let triggers = (named + keys.sorted { $0.key < $1.key }).flatMap { table, id in
            [("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")].map { event, row in
                """
                CREATE TRIGGER \(table)\(event) AFTER \(event) ON \(table) BEGIN
                    INSERT INTO changeLog (subject, id)
                    VALUES ('\(table)', \(id.replacing("%", with: row)));
                END;
                """
            }
        }
        return ([log] + triggers).joined(separator: "\n")
    }

    private static let kek = """
        CREATE TABLE kekVersion (
            version INTEGER PRIMARY KEY NOT NULL CHECK (version > 0),
            provider TEXT NOT NULL CHECK (provider IN ('file', 'environment', 'transit')),
            proof BLOB NOT NULL,
            created REAL NOT NULL,
            completed REAL,
            retired REAL
        ) STRICT;
        CREATE INDEX contentKeyKEK ON contentKey (kek);
        CREATE INDEX secretKEK ON secret (kek);
        """

    private static let keyOperations = """
        CREATE TABLE keySeed (
            name TEXT PRIMARY KEY NOT NULL,
            type TEXT NOT NULL CHECK (type IN ('common', 'common-cbcs', 'envelope')),
            kek INTEGER NOT NULL CHECK (kek > 0),
            ciphertext BLOB NOT NULL,
            authorizationPolicy TEXT REFERENCES authorizationPolicy (name),
            created REAL NOT NULL
        ) STRICT;
        ALTER TABLE contentKey ADD COLUMN notBefore REAL;
        ALTER TABLE contentKey ADD COLUMN notAfter REAL;
        -- When the key is removed; a key that has this is given to nobody.
        ALTER TABLE contentKey ADD COLUMN deletion REAL;
        ALTER TABLE contentKey ADD COLUMN checksum BLOB CHECK (length(checksum) = 8);
        ALTER TABLE contentKey ADD COLUMN label TEXT;
        -- A derived key has an empty ciphertext.
        ALTER TABLE contentKey ADD COLUMN seed TEXT REFERENCES keySeed (name);
        -- May name a key that was removed since.
        ALTER TABLE contentKey ADD COLUMN supersededBy BLOB CHECK (length(supersededBy) = 16);
        -- Each index ends with the KID, the primary key: a listing is in its order without sorting.
        CREATE INDEX contentKeyType ON contentKey (type);
        CREATE INDEX contentKeyLabel ON contentKey (label) WHERE label IS NOT NULL;
        CREATE INDEX contentKeyCreated ON contentKey (created);
        CREATE INDEX contentKeyDisabled ON contentKey (kid) WHERE enabled = 0;
        CREATE INDEX contentKeyPending ON contentKey (kid) WHERE deletion IS NOT NULL;
        CREATE INDEX contentKeyDeletion ON contentKey (deletion) WHERE deletion IS NOT NULL;
        CREATE INDEX contentKeySeed ON contentKey (seed) WHERE seed IS NOT NULL;
        -- IV numbers that removed keys have given: the same key, imported again, must not give them twice.
        CREATE TABLE removedContentKey (
            kid BLOB PRIMARY KEY NOT NULL CHECK (length(kid) = 16),
            nextNumber INTEGER NOT NULL,
            removed REAL NOT NULL
        ) STRICT, WITHOUT ROWID;
        -- A key is assigned from an asset version on.
        CREATE TABLE versionedKeyAssignment (
            asset TEXT NOT NULL REFERENCES asset (name),
            encryption TEXT NOT NULL,
            label TEXT NOT NULL,
            sinceVersion INTEGER NOT NULL CHECK (sinceVersion > 0),
            kid BLOB NOT NULL REFERENCES contentKey (kid),
            PRIMARY KEY (asset, encryption, label, sinceVersion)
        ) STRICT;
        INSERT INTO versionedKeyAssignment (asset, encryption, label, sinceVersion, kid)
            SELECT asset, encryption, label, 1, kid FROM keyAssignment;
        DROP TABLE keyAssignment;
        ALTER TABLE versionedKeyAssignment RENAME TO keyAssignment;
        CREATE INDEX keyAssignmentKey ON keyAssignment (kid);
        """
}
