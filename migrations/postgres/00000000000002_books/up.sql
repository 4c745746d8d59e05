-- Books, versions, index and history. The same tables as on SQLite; ARCHITECTURE.md explains them.
-- Keys start with what a query knows, so that every question is one range of one tree.

-- Settings of this database that must never change: the hash key of the index, the key of page links.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value BYTEA NOT NULL
);

-- The next resource key that no process has reserved.
CREATE TABLE key_block (
    id       SMALLINT PRIMARY KEY,
    next_key BIGINT NOT NULL
);
INSERT INTO key_block (id, next_key) VALUES (1, 1);

-- Numbers of the index slots: one branch of one search expression for one resource type.
CREATE TABLE search_slot (
    slot       SMALLINT PRIMARY KEY,
    expression TEXT NOT NULL UNIQUE
);

-- From a resource id, hashed as in references, to its book. A patient that is referred to before it exists has its row here already.
CREATE TABLE directory (
    resource_type SMALLINT NOT NULL,
    id_hash       BIGINT NOT NULL,
    book          BIGINT NOT NULL,
    resource_key  BIGINT NOT NULL,
    logical_id    BYTEA NOT NULL,
    PRIMARY KEY (resource_type, id_hash)
);

-- The current version of every resource. change: 0 create, 1 update, 2 delete, 3 update as create.
-- present: the search parameters that have a value, a bit for each.
CREATE TABLE resource (
    book          BIGINT NOT NULL,
    resource_key  BIGINT NOT NULL,
    resource_type SMALLINT NOT NULL,
    logical_id    BYTEA NOT NULL,
    version       INTEGER NOT NULL,
    updated       BIGINT NOT NULL,
    change        SMALLINT NOT NULL,
    id_hash       BIGINT NOT NULL,
    present       BIGINT NOT NULL,
    body          BYTEA,
    PRIMARY KEY (book, resource_key)
);
CREATE INDEX resource_by_type ON resource (resource_type, book, resource_key, change) WHERE change <> 2;

-- Superseded versions.
CREATE TABLE resource_version (
    book         BIGINT NOT NULL,
    resource_key BIGINT NOT NULL,
    version      INTEGER NOT NULL,
    updated      BIGINT NOT NULL,
    change       SMALLINT NOT NULL,
    body         BYTEA,
    PRIMARY KEY (book, resource_key, version)
);

-- Every version in the order of its time: type and system history, _lastUpdated, feeds.
CREATE TABLE change_feed (
    updated       BIGINT NOT NULL,
    resource_key  BIGINT NOT NULL,
    version       INTEGER NOT NULL,
    book          BIGINT NOT NULL,
    resource_type SMALLINT NOT NULL,
    PRIMARY KEY (updated, resource_key, version)
);
CREATE INDEX change_feed_by_type ON change_feed (resource_type, updated, resource_key, version, book);

-- Resources that were moved to another book: a walk that began before keeps the places they had.
CREATE TABLE book_move (
    updated      BIGINT NOT NULL,
    resource_key BIGINT NOT NULL,
    old_book     BIGINT NOT NULL,
    new_book     BIGINT NOT NULL,
    PRIMARY KEY (updated, resource_key, old_book)
);

CREATE TABLE token_index (
    slot         SMALLINT NOT NULL,
    code         BIGINT NOT NULL,
    book         BIGINT NOT NULL,
    resource_key BIGINT NOT NULL,
    system       INTEGER NOT NULL,
    PRIMARY KEY (slot, code, book, resource_key, system)
);

CREATE TABLE string_index (
    slot         SMALLINT NOT NULL,
    folded       TEXT COLLATE "C" NOT NULL,
    book         BIGINT NOT NULL,
    resource_key BIGINT NOT NULL,
    exact        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (slot, folded, book, resource_key, exact)
);
CREATE INDEX string_index_by_resource ON string_index (slot, book, resource_key) INCLUDE (folded);

CREATE TABLE date_index (
    slot         SMALLINT NOT NULL,
    low          BIGINT NOT NULL,
    high         BIGINT NOT NULL,
    book         BIGINT NOT NULL,
    resource_key BIGINT NOT NULL,
    PRIMARY KEY (slot, low, high, book, resource_key)
);
CREATE INDEX date_index_by_resource ON date_index (slot, book, resource_key) INCLUDE (low, high);
-- What lasts longer than a day: a question about what ends late has to look at few rows beside those that begin late.
CREATE INDEX date_index_long ON date_index (slot, high, low, book, resource_key) WHERE high - low > 86400000000;

CREATE TABLE reference_index (
    slot         SMALLINT NOT NULL,
    target       BIGINT NOT NULL,
    target_type  SMALLINT NOT NULL,
    book         BIGINT NOT NULL,
    resource_key BIGINT NOT NULL,
    PRIMARY KEY (slot, target, target_type, book, resource_key)
);

-- Numbers as bytes that sort like them, in the canonical unit; given_low and given_high as they were written.
CREATE TABLE quantity_index (
    slot         SMALLINT NOT NULL,
    unit         INTEGER NOT NULL,
    low          BYTEA NOT NULL,
    high         BYTEA NOT NULL,
    book         BIGINT NOT NULL,
    resource_key BIGINT NOT NULL,
    code         INTEGER NOT NULL,
    text         INTEGER NOT NULL,
    given_low    BYTEA,
    given_high   BYTEA,
    PRIMARY KEY (slot, unit, low, high, book, resource_key, code, text)
);
CREATE INDEX quantity_index_by_resource ON quantity_index (slot, book, resource_key);
CREATE INDEX quantity_index_ranges ON quantity_index (slot, unit, high) WHERE low <> high;

-- Bodies are compressed already; a second attempt would only cost time.
ALTER TABLE resource ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE resource_version ALTER COLUMN body SET STORAGE EXTERNAL;
