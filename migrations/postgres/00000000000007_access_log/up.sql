-- The log of accesses. The same tables as on SQLite; docs/access-log.md explains them.

-- Entries that are on disk and have no position yet: one row for each commit. entries: each with its length before it.
-- Rows go as fast as they come: they are swept often.
CREATE TABLE log_waiting (
    number  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    count   INTEGER NOT NULL,
    entries BYTEA NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE log_waiting ALTER COLUMN entries SET STORAGE EXTERNAL;

-- 256 consecutive entries, the last block as many as there are.
CREATE TABLE log_block (
    number  BIGINT PRIMARY KEY,
    root    BYTEA NOT NULL,
    checks  BYTEA NOT NULL,
    words   BYTEA NOT NULL,
    entries BYTEA NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 500);
ALTER TABLE log_block ALTER COLUMN checks SET STORAGE EXTERNAL;
ALTER TABLE log_block ALTER COLUMN entries SET STORAGE EXTERNAL;

-- Complete subtrees from level 8 on: 2^level entries, place such subtrees to the left.
CREATE TABLE log_node (
    level SMALLINT NOT NULL,
    place BIGINT NOT NULL,
    hash  BYTEA NOT NULL,
    PRIMARY KEY (level, place)
);

-- What the key of the log has signed. size and time are those of the note.
CREATE TABLE log_checkpoint (
    size BIGINT NOT NULL,
    time BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (size, time)
);
CREATE INDEX log_checkpoint_by_time ON log_checkpoint (time, size);

-- In which blocks a person is named: keyed hash of the reference.
CREATE TABLE log_person (
    person BIGINT NOT NULL,
    block  BIGINT NOT NULL,
    PRIMARY KEY (person, block)
);

-- The same of facilities on whose behalf somebody asked.
CREATE TABLE log_organization (
    organization BIGINT NOT NULL,
    block        BIGINT NOT NULL,
    PRIMARY KEY (organization, block)
);
