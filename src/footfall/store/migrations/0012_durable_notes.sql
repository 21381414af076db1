-- As the tables of events have it: a merged part is on the disk before its sources go.
ALTER TABLE migrations MODIFY SETTING min_rows_to_fsync_after_merge = 1;
