-- Books under the location shield: where somebody lives and is treated is neither shown nor found. The same table as on
-- PostgreSQL. Kept with the label of the Patient, in the transaction of its version; docs/access.md explains it.
CREATE TABLE shielded_book (
    book BIGINT PRIMARY KEY
) WITHOUT ROWID;
