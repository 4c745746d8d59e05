-- Messages of the data axis. The same table as on PostgreSQL; docs/data-axis.md explains it.

-- received, due, sent: microseconds; a message is worked at from due on. body: SHA-256 of what was signed. visit: keyed hash of
-- the one check-up in it, empty for several. state: 0 waits, 1 stored, 2 identity not verified, 3 could not be stored, 4 replaced
-- by a later message. content: the message while it may still be needed. reply: what was answered.
CREATE TABLE axis_message (
    id       TEXT NOT NULL PRIMARY KEY,
    sender   TEXT NOT NULL,
    received BIGINT NOT NULL,
    sent     BIGINT NOT NULL,
    due      BIGINT NOT NULL,
    body     BLOB NOT NULL,
    visit    TEXT NOT NULL,
    state    SMALLINT NOT NULL,
    tries    INTEGER NOT NULL,
    reason   TEXT NOT NULL,
    format   SMALLINT NOT NULL,
    length   BIGINT NOT NULL,
    content  BLOB NOT NULL,
    reply    TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX axis_message_waiting ON axis_message (state, due, received);
CREATE INDEX axis_message_visit ON axis_message (sender, visit, state, sent);
