DROP TABLE book_reader;
