-- Where versions come from. The same tables as on PostgreSQL; docs/provenance.md explains them.

-- In which blocks of the log of accesses writes of a resource stand that is in nobody's book: keyed hash of the reference.
CREATE TABLE log_resource (
    resource BIGINT NOT NULL,
    block    BIGINT NOT NULL,
    PRIMARY KEY (resource, block)
) WITHOUT ROWID;

-- What arrived in one piece and has made versions: when they were stored, by which request, SHA-256 and length of the piece.
CREATE TABLE message (
    stored  BIGINT NOT NULL,
    request BLOB NOT NULL,
    hash    BLOB NOT NULL,
    length  BIGINT NOT NULL,
    PRIMARY KEY (stored, request, hash)
) WITHOUT ROWID;
