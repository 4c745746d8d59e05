-- What requests with an Idempotency-Key were answered. The same table as on SQLite; docs/contract.md, section 5, explains it.

-- request_key: keyed hash of caller and key. request: keyed hash of what was asked. stored: when, in microseconds.
-- note: which entry of a Bundle came to which write. written: type, id, version, effect and time of each write.
CREATE TABLE kept_answer (
    request_key BYTEA NOT NULL PRIMARY KEY,
    request     BYTEA NOT NULL,
    stored      BIGINT NOT NULL,
    note        TEXT NOT NULL,
    written     TEXT NOT NULL
);
CREATE INDEX kept_answer_stored ON kept_answer (stored);
