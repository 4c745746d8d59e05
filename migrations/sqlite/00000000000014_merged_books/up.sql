-- Books that are one person's. The same tables as on PostgreSQL. docs/merging.md explains them.

-- That a book was merged into another, when, and when that ended (0: it has not): what a Patient says by the word of the server.
CREATE TABLE book_merge (
    book      BIGINT NOT NULL,
    into_book BIGINT NOT NULL,
    since     BIGINT NOT NULL,
    ended     BIGINT NOT NULL,
    PRIMARY KEY (book, into_book)
) WITHOUT ROWID;
CREATE INDEX book_merge_into ON book_merge (into_book);

-- What follows of it: every two books that are one person's now. relation: 1 the other one replaces the book, directly or
-- over others, 2 the book replaces the other one, 0 both are replaced by a third. since: when that became so.
CREATE TABLE book_kin (
    book     BIGINT NOT NULL,
    other    BIGINT NOT NULL,
    relation SMALLINT NOT NULL,
    since    BIGINT NOT NULL,
    PRIMARY KEY (book, other)
) WITHOUT ROWID;
