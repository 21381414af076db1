-- What 0013 read, and nothing reads any more: a file of its own, so that 0013 can be run again.
ALTER TABLE rollup DROP COLUMN IF EXISTS visitors;

ALTER TABLE rollup_account DROP COLUMN IF EXISTS visitors;
