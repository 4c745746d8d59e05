DROP TABLE axis_message;
