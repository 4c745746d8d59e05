DROP TABLE message;
DROP TABLE log_resource;
