DROP TABLE revocation;
DROP TABLE security_record;
