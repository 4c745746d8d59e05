-- The log of accesses. The same tables as on PostgreSQL; docs/access-log.md explains them.

-- Entries that are on disk and have no position yet: one row for each commit. entries: each with its length before it.
CREATE TABLE log_waiting (
    number  INTEGER PRIMARY KEY,
    count   INTEGER NOT NULL,
    entries BLOB NOT NULL
);

-- 256 consecutive entries, the last block as many as there are. A block is larger than what fits beside its key in a tree.
CREATE TABLE log_block (
    number  INTEGER PRIMARY KEY,
    root    BLOB NOT NULL,
    checks  BLOB NOT NULL,
    words   BLOB NOT NULL,
    entries BLOB NOT NULL
);

-- Complete subtrees from level 8 on: 2^level entries, place such subtrees to the left.
CREATE TABLE log_node (
    level SMALLINT NOT NULL,
    place BIGINT NOT NULL,
    hash  BLOB NOT NULL,
    PRIMARY KEY (level, place)
) WITHOUT ROWID;

-- What the key of the log has signed. size and time are those of the note.
CREATE TABLE log_checkpoint (
    size BIGINT NOT NULL,
    time BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (size, time)
) WITHOUT ROWID;
CREATE INDEX log_checkpoint_by_time ON log_checkpoint (time, size);

-- In which blocks a person is named: keyed hash of the reference.
CREATE TABLE log_person (
    person BIGINT NOT NULL,
    block  BIGINT NOT NULL,
    PRIMARY KEY (person, block)
) WITHOUT ROWID;

-- The same of facilities on whose behalf somebody asked.
CREATE TABLE log_organization (
    organization BIGINT NOT NULL,
    block        BIGINT NOT NULL,
    PRIMARY KEY (organization, block)
) WITHOUT ROWID;
