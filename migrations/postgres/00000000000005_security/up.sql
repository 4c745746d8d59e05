-- What signing in needs: clients, accounts, sessions, codes, keys. The same tables as on SQLite.

-- One thing of one kind under an id; value is JSON of the kind. owner: whose it is, for lists. expires: 0 for never.
CREATE TABLE security_record (
    kind    SMALLINT NOT NULL,
    id      TEXT NOT NULL,
    owner   TEXT NOT NULL,
    version INTEGER NOT NULL,
    expires BIGINT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX security_record_by_owner ON security_record (kind, owner, id);
CREATE INDEX security_record_expiring ON security_record (expires, kind, id) WHERE expires <> 0;

-- What is not believed any more although its time is not over: tokens of a session, a subject or a client that were
-- made until then. Every server asks for the newest twice a second.
CREATE TABLE revocation (
    kind SMALLINT NOT NULL,
    id   TEXT NOT NULL,
    at   BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX revocation_by_time ON revocation (at);
