-- Of the tables that hold rows of events, or counts with values of theirs in the key: what an
-- erasure rewrote may leave the disk at once, when it is asked to (store/removing.py). A part that
-- replaces others is on the disk before they go: see the settings for fsync in 0001_events.sql.
ALTER TABLE events MODIFY SETTING old_parts_lifetime = 0;
ALTER TABLE events_by_tracker MODIFY SETTING old_parts_lifetime = 0;
ALTER TABLE rejudged MODIFY SETTING old_parts_lifetime = 0;
ALTER TABLE events_by_quarter_hour MODIFY SETTING old_parts_lifetime = 0;
ALTER TABLE rollup MODIFY SETTING old_parts_lifetime = 0;
ALTER TABLE rollup_account MODIFY SETTING old_parts_lifetime = 0;
ALTER TABLE rollup_ads MODIFY SETTING old_parts_lifetime = 0;
