DROP TABLE package_generation;
DROP TABLE profile_demand;
DROP TABLE package;
