extension Migrations {
    static let quarantine = """
        CREATE TABLE ingest (
            file TEXT PRIMARY KEY NOT NULL REFERENCES assetFile (id) ON DELETE CASCADE,
            state TEXT NOT NULL CHECK (state IN ('checking', 'waiting', 'review', 'passed', 'approved', 'rejected',
                'damaged')),
            notBefore REAL,
            document TEXT NOT NULL
        ) STRICT;
        CREATE INDEX ingestState ON ingest (state, file);
        CREATE TABLE ingestRules (
            name TEXT PRIMARY KEY NOT NULL,
            document TEXT NOT NULL
        ) STRICT;
        CREATE TABLE knownWork (
            name TEXT PRIMARY KEY NOT NULL,
            title TEXT,
            action TEXT NOT NULL CHECK (action IN ('flag', 'reject')),
            -- Numbers of 32 bits, little-endian.
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) % 4 = 0),
            created REAL NOT NULL
        ) STRICT;
        """

    /// Has its row where the files that jobs name are put to the checks.
    static let checkedInputs = """
        CREATE TABLE checkedInputs (
            id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1)
        ) STRICT;
        """

    static let requiredChecks = """
        CREATE TABLE requiredCheck (
            name TEXT PRIMARY KEY NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}
