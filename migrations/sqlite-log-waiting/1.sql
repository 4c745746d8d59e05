-- A SQLite file of its own, PATH-log-waiting beside the database PATH, attached as "beside"; docs/access-log.md, section 8,
-- says why. PRAGMA beside.user_version is the number of the last of these steps that was done.

-- Entries that came without a write, are on disk and have no position yet: one row for each commit. The row with the
-- highest number always stays, so that no number is given twice. entries: each with its length before it.
CREATE TABLE beside.log_waiting_beside (
    number  INTEGER PRIMARY KEY,
    count   INTEGER NOT NULL,
    entries BLOB NOT NULL
);

-- Whose file this is: what the setting log-waiting-file of its database says.
CREATE TABLE beside.file_of (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    database BLOB NOT NULL
);
