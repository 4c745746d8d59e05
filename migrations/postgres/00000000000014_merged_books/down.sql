DROP TABLE book_kin;
DROP TABLE book_merge;
