DROP TABLE file_of;
DROP TABLE log_waiting_beside;
