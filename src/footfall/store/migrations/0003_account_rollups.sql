-- Counts of a whole account by quarter-hour, for one dimension at a time: any report of one column
-- over any window without reading events. Sorted by time within a dimension, so that a month is one
-- run of rows. Dimensions that most events have hold '' too; of the others '' is what the dimension
-- 'total' has beyond them (store/reports.py). last_id as in rollup.
CREATE TABLE IF NOT EXISTS rollup_account
(
    account   UInt32,
    dimension LowCardinality(String) CODEC(ZSTD(1)),
    bucket    DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    source    LowCardinality(String) CODEC(ZSTD(1)),
    kind      Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4,
                    'delivery' = 5, 'bounce' = 6, 'unsubscribe' = 7, 'complaint' = 8),
    verdict   Enum8('counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
                    'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10),
    value     LowCardinality(String) CODEC(ZSTD(1)),
    events    SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    last_id   SimpleAggregateFunction(anyLast, UInt64) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (account, dimension, bucket, source, kind, verdict, value)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    old_parts_lifetime = 10;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_account_of_incoming TO rollup_account AS
SELECT
    account,
    found.1 AS dimension,
    toStartOfFifteenMinutes(fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')) AS bucket,
    source,
    kind,
    verdict,
    found.2 AS value,
    count() AS events,
    max(id) AS last_id
FROM incoming
ARRAY JOIN
    arrayConcat(
        [
            ('total', ''),
            ('tracker', toString(tracker)),
            ('country', toString(country)),
            ('region', toString(region)),
            ('device', toString(device)),
            ('referrer_host', toString(referrer_host)),
            ('os', toString(os)),
            ('browser', toString(browser)),
            ('language', toString(language)),
            ('reason', toString(reason))
        ],
        arrayFilter(
            pair -> pair.2 != '',
            [
                ('connection_type', connection_type),
                ('program', toString(program)),
                ('poster', toString(poster)),
                ('ambassador', toString(ambassador)),
                ('emailing', toString(emailing)),
                ('code', toString(code)),
                ('offer', toString(offer)),
                ('affiliate', toString(affiliate)),
                ('advertiser', toString(advertiser)),
                ('creative', toString(creative)),
                ('campaign', toString(campaign)),
                ('reader', toString(reader)),
                ('pass_template', toString(pass_template)),
                ('scan_medium', toString(scan_medium)),
                ('scan_status', toString(scan_status)),
                ('validation', toString(validation))
            ]
        )
    ) AS found
WHERE NOT has(splitByChar(',', getSetting('log_comment')), 'rollup_account')
GROUP BY account, dimension, bucket, source, kind, verdict, value;

-- The different visitors of a whole account by quarter-hour, as in rollup_visitors.
CREATE TABLE IF NOT EXISTS rollup_account_visitors
(
    account  UInt32,
    bucket   DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    source   LowCardinality(String) CODEC(ZSTD(1)),
    kind     Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4,
                   'delivery' = 5, 'bounce' = 6, 'unsubscribe' = 7, 'complaint' = 8),
    verdict  Enum8('counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
                   'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10),
    visitors AggregateFunction(uniqCombined(14), UInt32)
)
ENGINE = AggregatingMergeTree
ORDER BY (account, bucket, source, kind, verdict)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    old_parts_lifetime = 10;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_account_visitors_of_incoming TO rollup_account_visitors AS
SELECT
    account,
    toStartOfFifteenMinutes(fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')) AS bucket,
    source,
    kind,
    verdict,
    uniqCombinedState(14)(visitor) AS visitors
FROM incoming
WHERE visitor != 0
GROUP BY account, bucket, source, kind, verdict;
