-- A part of an insert is one file in the place of ten: each file is made, forced to disk, and deleted
-- again after its merge. What grows larger has files of its own. docs/decisions/0025-what-an-insert-costs.md
ALTER TABLE events MODIFY SETTING min_bytes_for_full_part_storage = 10000000;

ALTER TABLE events_by_tracker MODIFY SETTING min_bytes_for_full_part_storage = 10000000;

ALTER TABLE events_by_quarter_hour MODIFY SETTING min_bytes_for_full_part_storage = 10000000;

ALTER TABLE rollup MODIFY SETTING min_bytes_for_full_part_storage = 10000000;

ALTER TABLE rollup_visitors MODIFY SETTING min_bytes_for_full_part_storage = 10000000;

ALTER TABLE rollup_account MODIFY SETTING min_bytes_for_full_part_storage = 10000000;

ALTER TABLE rollup_account_visitors MODIFY SETTING min_bytes_for_full_part_storage = 10000000;

ALTER TABLE rollup_ads MODIFY SETTING min_bytes_for_full_part_storage = 10000000;

ALTER TABLE books MODIFY SETTING min_bytes_for_full_part_storage = 10000000;

ALTER TABLE batches MODIFY SETTING min_bytes_for_full_part_storage = 10000000;
