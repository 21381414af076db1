-- The books: what entered, whatever is removed later. docs/decisions/0014-the-books.md

-- What is noted here as done stays noted after a power cut: filling the books again would be wrong.
ALTER TABLE migrations MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;

-- Events by the hour of receipt, and the journal through which they came ('' is none: those that
-- were made inside the store, and those from before there were books). Never reduced. last_id as in
-- rollup. An insert tells journal and groups in log_comment (store/loading.py).
CREATE TABLE IF NOT EXISTS books
(
    account UInt32,
    source  LowCardinality(String),
    journal LowCardinality(String),
    hour    DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    events  SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    last_id SimpleAggregateFunction(anyLast, UInt64) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (account, source, journal, hour)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    old_parts_lifetime = 10;

-- One row a batch, later one a run of batches: a group of a journal that is in none is a gap.
CREATE TABLE IF NOT EXISTS batches
(
    journal  LowCardinality(String),
    first    UInt64 CODEC(Delta(8), ZSTD(1)),
    last     UInt64 CODEC(Delta(8), ZSTD(1)),
    groups   UInt64 CODEC(T64, ZSTD(1)),
    events   UInt64 CODEC(T64, ZSTD(1)),
    first_id UInt64 CODEC(Delta(8), ZSTD(1)),
    last_id  UInt64 CODEC(Delta(8), ZSTD(1))
)
ENGINE = ReplacingMergeTree(last)
ORDER BY (journal, first)
SETTINGS
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    old_parts_lifetime = 10;

-- Before which time retention removed raw rows of an account: rollups outlive them, and are not
-- held against them. Written before anything is removed.
CREATE TABLE IF NOT EXISTS expired
(
    account UInt32,
    before  SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY account
SETTINGS
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    old_parts_lifetime = 10;

-- Stores that have events already begin with what they hold. Nothing is inserted while this runs;
-- interrupted, it begins again.
TRUNCATE TABLE books;

INSERT INTO books
SELECT
    account,
    source,
    '' AS journal,
    toDateTime(1735689600 + intDiv(quarter_hour, 4) * 3600, 'UTC') AS hour,
    sum(events) AS events,
    max(last_id) AS last_id
FROM events_by_quarter_hour
GROUP BY account, source, hour;

INSERT INTO expired
SELECT account, min(before) AS before
FROM
(
    SELECT account, toDateTime(1735689600 + intDiv(min(quarter_hour), 4) * 3600, 'UTC') AS before
    FROM events_by_quarter_hour
    GROUP BY account
    UNION ALL
    SELECT account, max(bucket) + 3600 AS before
    FROM rollup
    GROUP BY account
)
GROUP BY account;

CREATE MATERIALIZED VIEW IF NOT EXISTS books_of_incoming TO books AS
SELECT
    account,
    source,
    extract(getSetting('log_comment'), 'journal:(\\w+)') AS journal,
    toStartOfHour(fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000, 'UTC')) AS hour,
    count() AS events,
    max(id) AS last_id
FROM incoming
WHERE NOT has(splitByChar(',', getSetting('log_comment')), 'books')
GROUP BY account, source, journal, hour;

CREATE MATERIALIZED VIEW IF NOT EXISTS batches_of_incoming TO batches AS
SELECT
    extract(getSetting('log_comment'), 'journal:(\\w+)') AS journal,
    toUInt64OrZero(extract(getSetting('log_comment'), 'first:(\\d+)')) AS first,
    toUInt64OrZero(extract(getSetting('log_comment'), 'last:(\\d+)')) AS last,
    toUInt64OrZero(extract(getSetting('log_comment'), 'groups:(\\d+)')) AS groups,
    count() AS events,
    min(id) AS first_id,
    max(id) AS last_id
FROM incoming
WHERE extract(getSetting('log_comment'), 'first:(\\d+)') != ''
GROUP BY journal, first, last, groups;
