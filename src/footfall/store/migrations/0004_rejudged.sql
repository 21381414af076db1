-- Events whose verdict a policy changed, as they were before it: reports under an earlier policy
-- are made of them. docs/decisions/0021-policies.md. They lose what the tables of events lose.
CREATE TABLE IF NOT EXISTS rejudged AS events
ENGINE = MergeTree
ORDER BY (account, id)
SETTINGS
    index_granularity = 2048,
    min_bytes_for_wide_part = 1000000000000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    old_parts_lifetime = 10;

-- The policy that changed them.
ALTER TABLE rejudged ADD COLUMN IF NOT EXISTS policy UInt32 CODEC(ZSTD(1));
