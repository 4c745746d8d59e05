DROP TABLE shielded_book;
