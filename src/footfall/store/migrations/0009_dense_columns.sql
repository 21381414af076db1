-- A column of which nearly all values are empty was kept in two streams, places and values: twice
-- the work in each insert, and more for a page that reads it. Compressed, empty values take no room
-- anyway. docs/decisions/0025-what-an-insert-costs.md
ALTER TABLE events MODIFY SETTING ratio_of_defaults_for_sparse_serialization = 1;

ALTER TABLE events_by_tracker MODIFY SETTING ratio_of_defaults_for_sparse_serialization = 1;

ALTER TABLE rollup_ads MODIFY SETTING ratio_of_defaults_for_sparse_serialization = 1;

-- Four bytes an event that has no visitor; those that have one do not become smaller.
ALTER TABLE events MODIFY COLUMN visitor CODEC(LZ4);

ALTER TABLE events_by_tracker MODIFY COLUMN visitor CODEC(LZ4);
