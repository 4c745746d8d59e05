-- Who may see what: the visit and the author of every version, labels of visits, grants and denials of books. The same
-- tables as on PostgreSQL. docs/access.md explains them.

-- visit: hash of the Encounter, or of the resource itself when it names none; 0 until it is known. author_kind: 0 the
-- server, 1 a citizen, 2 a facility; author: hash of its Patient or Organization.
ALTER TABLE resource ADD COLUMN visit BIGINT NOT NULL DEFAULT 0;
ALTER TABLE resource ADD COLUMN author BIGINT NOT NULL DEFAULT 0;
ALTER TABLE resource ADD COLUMN author_kind SMALLINT NOT NULL DEFAULT 0;

-- own_book: where the version stood when it was current, while book is where the resource stands now; -1 until it is known.
ALTER TABLE resource_version ADD COLUMN visit BIGINT NOT NULL DEFAULT 0;
ALTER TABLE resource_version ADD COLUMN own_book BIGINT NOT NULL DEFAULT -1;
ALTER TABLE resource_version ADD COLUMN author BIGINT NOT NULL DEFAULT 0;
ALTER TABLE resource_version ADD COLUMN author_kind SMALLINT NOT NULL DEFAULT 0;

-- The labels of a visit, one bit in each row, and which version's author gave it. Rows stay while the version is kept.
CREATE TABLE visit_label (
    book         BIGINT NOT NULL,
    visit        BIGINT NOT NULL,
    label        BIGINT NOT NULL,
    author       BIGINT NOT NULL,
    resource_key BIGINT NOT NULL,
    PRIMARY KEY (book, visit, label, author, resource_key)
) WITHOUT ROWID;

-- Who is entitled to a book, and the resource that says so. purpose 0, resource_type -1 and visit 0: every one. labels:
-- those that are opened beyond what the policy opens.
CREATE TABLE book_grant (
    book          BIGINT NOT NULL,
    grantee       BIGINT NOT NULL,
    authority     SMALLINT NOT NULL,
    resource_key  BIGINT NOT NULL,
    number        INTEGER NOT NULL,
    begins        BIGINT NOT NULL,
    ends          BIGINT NOT NULL,
    purpose       SMALLINT NOT NULL,
    resource_type SMALLINT NOT NULL,
    visit         BIGINT NOT NULL,
    labels        BIGINT NOT NULL,
    PRIMARY KEY (book, grantee, authority, resource_key, number)
) WITHOUT ROWID;
CREATE INDEX book_grant_by_grantee ON book_grant (grantee, book);

-- What is closed in a book, whatever is granted. grantee 0: everybody; labels 0: whatever it carries; in_emergency: 0 or 1.
CREATE TABLE book_denial (
    book          BIGINT NOT NULL,
    resource_key  BIGINT NOT NULL,
    number        INTEGER NOT NULL,
    grantee       BIGINT NOT NULL,
    begins        BIGINT NOT NULL,
    ends          BIGINT NOT NULL,
    purpose       SMALLINT NOT NULL,
    resource_type SMALLINT NOT NULL,
    visit         BIGINT NOT NULL,
    labels        BIGINT NOT NULL,
    in_emergency  SMALLINT NOT NULL,
    PRIMARY KEY (book, resource_key, number)
) WITHOUT ROWID;
