-- A facility has the grants of all its visits, most of them over. A search reads those that are in force, and some of them only.
-- Of expressions, so that no other statement takes it: with the book they look in the primary key.
DROP INDEX book_grant_by_grantee;
CREATE INDEX book_grant_in_force ON book_grant ((grantee + 0), (ends + 0)) INCLUDE (grantee, ends, begins, book);
