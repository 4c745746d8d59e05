DROP INDEX book_grant_in_force;
CREATE INDEX book_grant_by_grantee ON book_grant (grantee, book);
