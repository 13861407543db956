extension Migrations {
    /// Versions of an asset may share files, and with them their nonces: one nonce is of one content, in one version once.
    static let sharedFiles = """
        CREATE TABLE sharedTrack (
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
            storageEncrypted INTEGER NOT NULL DEFAULT 1 CHECK (storageEncrypted IN (0, 1)),
            tagsDigest BLOB CHECK (length(tagsDigest) = 32),
            indexTag BLOB CHECK (length(indexTag) = 16),
            PRIMARY KEY (asset, version, position),
            UNIQUE (asset, version, name),
            UNIQUE (asset, version, mediaNonce),
            FOREIGN KEY (asset, version) REFERENCES assetVersion (asset, number)
        ) STRICT;
        INSERT INTO sharedTrack (asset, version, position, name, description, duration, segmentCount, mediaFile,
                indexFile, mediaSize, mediaNonce, indexDigest, storageEncrypted, tagsDigest, indexTag)
            SELECT asset, version, position, name, description, duration, segmentCount, mediaFile, indexFile, mediaSize,
                mediaNonce, indexDigest, storageEncrypted, tagsDigest, indexTag
            FROM track;
        DROP TABLE track;
        ALTER TABLE sharedTrack RENAME TO track;
        CREATE INDEX trackNonce ON track (asset, mediaNonce);
        CREATE TRIGGER trackNonceOnce BEFORE INSERT ON track BEGIN
            SELECT RAISE(ABORT, 'another content has this nonce') FROM track AS other
            WHERE other.asset = NEW.asset AND other.mediaNonce = NEW.mediaNonce
                AND (other.mediaSize <> NEW.mediaSize OR other.indexDigest <> NEW.indexDigest
                    OR other.tagsDigest IS NOT NEW.tagsDigest OR other.storageEncrypted <> NEW.storageEncrypted);
        END;
        """
}
