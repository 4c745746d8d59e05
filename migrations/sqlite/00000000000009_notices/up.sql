-- Which facilities have been in which books: what the log has told, so that a first access is known as one. The same table
-- as on PostgreSQL; docs/notices.md explains it.

-- person, organization: keyed hashes of the references, as in log_person and log_organization.
CREATE TABLE book_reader (
    person       BIGINT NOT NULL,
    organization BIGINT NOT NULL,
    PRIMARY KEY (person, organization)
) WITHOUT ROWID;
