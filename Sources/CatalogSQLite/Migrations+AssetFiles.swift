extension Migrations {
    static let storedForms = """
        ALTER TABLE track ADD COLUMN storageEncrypted INTEGER NOT NULL DEFAULT 1 CHECK (storageEncrypted IN (0, 1));
        ALTER TABLE track ADD COLUMN tagsDigest BLOB CHECK (length(tagsDigest) = 32);
        -- NULL for what the worker is configured to do.
        ALTER TABLE job ADD COLUMN storageEncrypted INTEGER CHECK (storageEncrypted IN (0, 1));
        """

    /// A file may have a storage key of its own, which goes when nothing is stored under it any more.
    static let fileKeys = "CREATE INDEX assetFileStorageKey ON assetFile (storageKey);"

    static let assetFiles = """
        CREATE TABLE assetFile (
            id TEXT PRIMARY KEY NOT NULL,
            asset TEXT NOT NULL REFERENCES asset (name),
            name TEXT NOT NULL,
            contentType TEXT NOT NULL,
            size INTEGER NOT NULL,
            digest BLOB CHECK (length(digest) = 32),
            state TEXT NOT NULL CHECK (state IN ('uploading', 'quarantine', 'ready', 'rejected')),
            reason TEXT,
            storageKey BLOB REFERENCES contentKey (kid),
            created REAL NOT NULL,
            changed REAL NOT NULL,
            UNIQUE (asset, name)
        ) STRICT;
        CREATE INDEX assetFileDigest ON assetFile (digest) WHERE digest IS NOT NULL;
        CREATE INDEX assetFileState ON assetFile (state);
        -- An upload's bytes belong to one file at most.
        CREATE TABLE originalPart (
            id TEXT PRIMARY KEY NOT NULL,
            file TEXT NOT NULL REFERENCES assetFile (id),
            position INTEGER NOT NULL,
            size INTEGER NOT NULL,
            nonce INTEGER NOT NULL,
            tagsDigest BLOB CHECK (length(tagsDigest) = 32),
            UNIQUE (file, position)
        ) STRICT;
        CREATE TABLE upload (
            id TEXT PRIMARY KEY NOT NULL,
            asset TEXT NOT NULL REFERENCES asset (name),
            length INTEGER NOT NULL,
            isPartial INTEGER NOT NULL CHECK (isPartial IN (0, 1)),
            expires REAL NOT NULL,
            document TEXT NOT NULL
        ) STRICT;
        CREATE INDEX uploadExpires ON upload (expires);
        """
}
