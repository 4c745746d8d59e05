DELETE FROM setting WHERE name = 'match-keys';
