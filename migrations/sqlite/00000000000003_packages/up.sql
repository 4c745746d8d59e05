-- Packages of profiles and terminology, and what they are demanded for. The same tables as on PostgreSQL.

-- A package as it was added; archive is its file, sha256 the hash of that. in_use: 0 or 1.
CREATE TABLE package (
    id        TEXT NOT NULL,
    version   TEXT NOT NULL,
    canonical TEXT NOT NULL,
    sha256    BLOB NOT NULL,
    in_use    SMALLINT NOT NULL,
    added_at  BIGINT NOT NULL,
    archive   BLOB NOT NULL,
    PRIMARY KEY (id, version, canonical)
);

-- Profiles that every resource of a type must follow; facility is empty where that holds for everybody.
CREATE TABLE profile_demand (
    resource_type SMALLINT NOT NULL,
    profile       TEXT NOT NULL,
    facility      TEXT NOT NULL,
    PRIMARY KEY (resource_type, profile, facility)
) WITHOUT ROWID;

-- Grows with every change of the two tables, so that a server that runs sees with one question whether to read them.
CREATE TABLE package_generation (
    id         SMALLINT PRIMARY KEY,
    generation BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO package_generation (id, generation) VALUES (1, 0);
