-- Whether everybody has the keys of the matching. The same as on SQLite; docs/matching.md, section 9, explains it.

-- A database without people has them all from the beginning; in another a walk puts them there.
INSERT INTO setting (name, value)
SELECT 'match-keys', convert_to('done', 'UTF8') WHERE NOT EXISTS (SELECT 1 FROM resource);
