extension Migrations {
    /// Jobs become graphs of tasks: what a job was is its one task now.
    static let tasks = """
        CREATE TABLE pipelineJob (
            id TEXT PRIMARY KEY NOT NULL,
            asset TEXT NOT NULL,
            input TEXT NOT NULL,
            preset TEXT NOT NULL,
            transform TEXT NOT NULL,
            priority INTEGER NOT NULL,
            correlation TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('queued', 'scheduled', 'processing', 'finished', 'error', 'canceled',
                'canceling', 'paused')),
            progress REAL NOT NULL,
            errorCode TEXT,
            errorMessage TEXT,
            created REAL NOT NULL,
            started REAL,
            ended REAL,
            version INTEGER,
            warnings TEXT NOT NULL DEFAULT '',
            paused INTEGER NOT NULL DEFAULT 0,
            canceling INTEGER NOT NULL DEFAULT 0,
            storageEncrypted INTEGER CHECK (storageEncrypted IN (0, 1))
        ) STRICT;
        CREATE TABLE task (
            job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            position INTEGER NOT NULL,
            kind TEXT NOT NULL,
            -- Names, as a JSON list.
            dependencies TEXT NOT NULL,
            options TEXT NOT NULL,
            onError TEXT NOT NULL CHECK (onError IN ('stop', 'continue')),
            state TEXT NOT NULL CHECK (state IN ('queued', 'scheduled', 'processing', 'finished', 'error', 'canceled')),
            attempt INTEGER NOT NULL,
            formerAttempts INTEGER NOT NULL DEFAULT 0,
            progress REAL NOT NULL,
            notBefore REAL,
            errorCode TEXT,
            errorMessage TEXT,
            errorClass TEXT,
            result TEXT NOT NULL,
            started REAL,
            ended REAL,
            PRIMARY KEY (job, name)
        ) STRICT;
        INSERT INTO pipelineJob (id, asset, input, preset, transform, priority, correlation, state, progress, errorCode,
                errorMessage, created, started, ended, version, warnings, storageEncrypted)
            SELECT id, asset, input, preset, preset, 0, '{}', state, progress, errorCode, errorMessage, created, started,
                ended, version, warnings, storageEncrypted FROM job;
        CREATE TEMPORARY TABLE formerJob AS SELECT id, attempt FROM job;
        DROP TABLE job;
        ALTER TABLE pipelineJob RENAME TO job;
        INSERT INTO task (job, name, position, kind, dependencies, options, onError, state, attempt, progress, errorCode,
                errorMessage, result, started, ended)
            SELECT job.id, 'encode', 0, 'encode', '[]', json_object('preset', preset), 'stop', state, attempt, progress,
                errorCode, errorMessage, '{}', started, ended FROM job JOIN formerJob ON formerJob.id = job.id;
        DROP TABLE formerJob;
        CREATE INDEX jobState ON job (state, created);
        CREATE INDEX jobAsset ON job (asset, created);
        CREATE INDEX jobCreated ON job (created);
        CREATE INDEX jobEnded ON job (ended) WHERE ended IS NOT NULL;
        CREATE INDEX taskState ON task (state) WHERE state IN ('queued', 'scheduled', 'processing');
        CREATE TABLE jobEvent (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            time REAL NOT NULL,
            kind INTEGER NOT NULL,
            job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
            task TEXT,
            oldState TEXT,
            newState TEXT NOT NULL,
            progress REAL NOT NULL
        ) STRICT;
        CREATE INDEX jobEventJob ON jobEvent (job, sequence);
        CREATE TABLE transform (
            name TEXT PRIMARY KEY NOT NULL,
            document TEXT NOT NULL
        ) STRICT;
        CREATE TABLE notificationEndpoint (
            name TEXT PRIMARY KEY NOT NULL,
            document TEXT NOT NULL
        ) STRICT;
        CREATE TABLE delivery (
            id TEXT PRIMARY KEY NOT NULL,
            endpoint TEXT NOT NULL,
            job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
            event TEXT NOT NULL,
            body TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
            attempt INTEGER NOT NULL,
            notBefore REAL,
            status INTEGER,
            error TEXT,
            created REAL NOT NULL,
            ended REAL
        ) STRICT;
        CREATE INDEX deliveryJob ON delivery (job);
        CREATE INDEX deliveryCreated ON delivery (created);
        CREATE INDEX deliveryPending ON delivery (notBefore) WHERE state = 'pending';
        """
}
