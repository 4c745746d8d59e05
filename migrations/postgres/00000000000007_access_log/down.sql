DROP TABLE log_organization;
DROP TABLE log_person;
DROP TABLE log_checkpoint;
DROP TABLE log_node;
DROP TABLE log_block;
DROP TABLE log_waiting;
