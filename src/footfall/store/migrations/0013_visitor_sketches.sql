-- Sketches of visitors are of uniqCombined(17), whose error is about 0.3 % at every size: of
-- uniqCombined(14) it was up to 3 % near 40,000 visitors. docs/decisions/0038-visitors.md
-- visitor_sketch: the different visitors of a row of the dimension 'total'. with_visitor: how many of
-- its events have a visitor. old_visitor_sketch: visitors of before this migration that are known as
-- uniqCombined(14) alone; no event adds to it.
-- An interrupted run begins again: sketches merge with themselves, and with_visitor begins at 0.

ALTER TABLE rollup
    ADD COLUMN IF NOT EXISTS visitor_sketch AggregateFunction(uniqCombined(17), UInt32) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS old_visitor_sketch AggregateFunction(uniqCombined(14), UInt32) CODEC(ZSTD(1)),
    DROP COLUMN IF EXISTS with_visitor;

ALTER TABLE rollup ADD COLUMN with_visitor SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1));

ALTER TABLE rollup_account
    ADD COLUMN IF NOT EXISTS visitor_sketch AggregateFunction(uniqCombined(17), UInt32) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS old_visitor_sketch AggregateFunction(uniqCombined(14), UInt32) CODEC(ZSTD(1)),
    DROP COLUMN IF EXISTS with_visitor;

ALTER TABLE rollup_account ADD COLUMN with_visitor SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1));

ALTER TABLE rollup_of_incoming MODIFY QUERY
SELECT
    account,
    tracker,
    kind,
    dimension,
    verdict,
    toStartOfFifteenMinutes(fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')) AS bucket,
    value,
    count() AS events,
    if(dimension = 'total', max(id), 0) AS last_id,
    uniqCombinedStateIf(17)(visitor, dimension = 'total' AND visitor != 0) AS visitor_sketch,
    countIf(dimension = 'total' AND visitor != 0) AS with_visitor
FROM incoming
ARRAY JOIN
    ['total', 'country', 'device', 'referrer_host', 'os', 'browser'] AS dimension,
    ['', country, device, referrer_host, os, browser] AS value
WHERE NOT has(splitByChar(',', getSetting('log_comment')), 'rollup')
    AND (value != '' OR dimension NOT IN ('os', 'browser'))
GROUP BY account, tracker, kind, dimension, verdict, bucket, value;

ALTER TABLE rollup_account_of_incoming MODIFY QUERY
SELECT
    account,
    dimension,
    toStartOfFifteenMinutes(fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')) AS bucket,
    source,
    kind,
    verdict,
    value,
    count() AS events,
    if(dimension = 'total', max(id), 0) AS last_id,
    uniqCombinedStateIf(17)(visitor, dimension = 'total' AND visitor != 0) AS visitor_sketch,
    countIf(dimension = 'total' AND visitor != 0) AS with_visitor
FROM incoming
ARRAY JOIN
    [
        'total', 'tracker', 'country', 'region', 'device', 'referrer_host', 'os', 'browser',
        'language', 'reason', 'connection_type', 'program', 'poster', 'ambassador', 'emailing',
        'code', 'offer', 'affiliate', 'advertiser', 'creative', 'campaign', 'reader',
        'pass_template', 'scan_medium', 'scan_status', 'validation'
    ] AS dimension,
    [
        '', toString(tracker), country, region, device, referrer_host, os, browser, language,
        reason, connection_type, program, poster, ambassador, emailing, code, offer, affiliate,
        advertiser, creative, campaign, reader, pass_template, scan_medium, scan_status,
        validation
    ] AS value
WHERE NOT has(splitByChar(',', getSetting('log_comment')), 'rollup_account')
    AND (
        value != ''
        OR dimension IN (
            'total', 'tracker', 'country', 'region', 'device', 'referrer_host', 'os', 'browser',
            'language', 'reason'
        )
    )
GROUP BY account, dimension, bucket, source, kind, verdict, value;

-- What was there. Where all raw rows of a count are there, its visitors are counted from them. Where
-- some are gone (retention), its sketch holds its visitors one by one while they are at most 1,024,
-- and is the same at both precisions. Where one of such a tracker or account has more, all of its
-- counts without raw rows stay at the old precision, so that they merge with each other.

DROP TABLE IF EXISTS rollup_migrating SYNC;

CREATE TABLE rollup_migrating
(
    account      UInt32,
    tracker      UInt64,
    kind         Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4,
                  'delivery' = 5, 'bounce' = 6, 'unsubscribe' = 7, 'complaint' = 8),
    verdict      Enum8('counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
                  'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10),
    bucket       DateTime('UTC'),
    events       UInt64,
    last_id      UInt64,
    raw          UInt64,
    with_visitor UInt64,
    sketch       AggregateFunction(uniqCombined(17), UInt32),
    old          AggregateFunction(uniqCombined(14), UInt32),
    form         UInt8 ALIAS reinterpretAsUInt8(substring(toString(old), 1, 1)),
    seen         UInt8 ALIAS toString(old) != '\x01\x00'
)
ENGINE = MergeTree
ORDER BY tuple();

INSERT INTO rollup_migrating (account, tracker, kind, verdict, bucket, events, last_id, raw, with_visitor, sketch, old)
SELECT
    account, tracker, kind, verdict, bucket,
    sum(number), max(newest), sum(rows), sum(visited),
    uniqCombinedMergeState(17)(new_sketch), uniqCombinedMergeState(14)(old_sketch)
FROM
(
    SELECT
        account, tracker, kind, verdict, bucket,
        sum(events) AS number, max(last_id) AS newest, 0 AS rows, 0 AS visited,
        arrayReduce('uniqCombinedState(17)', emptyArrayUInt32()) AS new_sketch,
        uniqCombinedMergeState(14)(visitors) AS old_sketch
    FROM rollup
    WHERE dimension = 'total'
    GROUP BY account, tracker, kind, verdict, bucket
    UNION ALL
    SELECT
        account, tracker, kind, verdict,
        toStartOfFifteenMinutes(fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')) AS bucket,
        0, 0, count(), countIf(visitor != 0),
        uniqCombinedStateIf(17)(visitor, visitor != 0),
        arrayReduce('uniqCombinedState(14)', emptyArrayUInt32())
    FROM events
    GROUP BY account, tracker, kind, verdict, bucket
)
GROUP BY account, tracker, kind, verdict, bucket
HAVING sum(number) > 0
SETTINGS
    max_threads = 1, max_insert_threads = 1, max_block_size = 8192,
    max_bytes_before_external_group_by = 50000000,
    min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 33554432;

INSERT INTO rollup
    (account, tracker, kind, verdict, bucket, dimension, value, events, last_id, visitor_sketch, old_visitor_sketch, with_visitor)
SELECT
    account, tracker, kind, verdict, bucket, 'total', '', 0, last_id,
    multiIf(
        raw >= events, sketch,
        stays, arrayReduce('uniqCombinedState(17)', emptyArrayUInt32()),
        CAST(if(form = 3, '\x01\x00', toString(old)) AS AggregateFunction(uniqCombined(17), UInt32))
    ),
    if(stays, old, arrayReduce('uniqCombinedState(14)', emptyArrayUInt32())),
    multiIf(raw >= events, with_visitor, seen, events, 0)
FROM
(
    SELECT
        *, form, seen,
        raw < events AND (account, tracker) IN (
            SELECT account, tracker FROM rollup_migrating WHERE raw < events AND form = 3
        ) AS stays
    FROM rollup_migrating
)
SETTINGS
    max_threads = 1, max_insert_threads = 1, max_block_size = 8192,
    max_bytes_before_external_group_by = 50000000,
    min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 33554432;

DROP TABLE rollup_migrating SYNC;

DROP TABLE IF EXISTS rollup_account_migrating SYNC;

CREATE TABLE rollup_account_migrating
(
    account      UInt32,
    source       LowCardinality(String),
    kind         Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4,
                  'delivery' = 5, 'bounce' = 6, 'unsubscribe' = 7, 'complaint' = 8),
    verdict      Enum8('counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
                  'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10),
    bucket       DateTime('UTC'),
    events       UInt64,
    last_id      UInt64,
    raw          UInt64,
    with_visitor UInt64,
    sketch       AggregateFunction(uniqCombined(17), UInt32),
    old          AggregateFunction(uniqCombined(14), UInt32),
    form         UInt8 ALIAS reinterpretAsUInt8(substring(toString(old), 1, 1)),
    seen         UInt8 ALIAS toString(old) != '\x01\x00'
)
ENGINE = MergeTree
ORDER BY tuple();

INSERT INTO rollup_account_migrating (account, source, kind, verdict, bucket, events, last_id, raw, with_visitor, sketch, old)
SELECT
    account, source, kind, verdict, bucket,
    sum(number), max(newest), sum(rows), sum(visited),
    uniqCombinedMergeState(17)(new_sketch), uniqCombinedMergeState(14)(old_sketch)
FROM
(
    SELECT
        account, source, kind, verdict, bucket,
        sum(events) AS number, max(last_id) AS newest, 0 AS rows, 0 AS visited,
        arrayReduce('uniqCombinedState(17)', emptyArrayUInt32()) AS new_sketch,
        uniqCombinedMergeState(14)(visitors) AS old_sketch
    FROM rollup_account
    WHERE dimension = 'total'
    GROUP BY account, source, kind, verdict, bucket
    UNION ALL
    SELECT
        account, source, kind, verdict,
        toStartOfFifteenMinutes(fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')) AS bucket,
        0, 0, count(), countIf(visitor != 0),
        uniqCombinedStateIf(17)(visitor, visitor != 0),
        arrayReduce('uniqCombinedState(14)', emptyArrayUInt32())
    FROM events
    GROUP BY account, source, kind, verdict, bucket
)
GROUP BY account, source, kind, verdict, bucket
HAVING sum(number) > 0
SETTINGS
    max_threads = 1, max_insert_threads = 1, max_block_size = 8192,
    max_bytes_before_external_group_by = 50000000,
    min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 33554432;

INSERT INTO rollup_account
    (account, source, kind, verdict, bucket, dimension, value, events, last_id, visitor_sketch, old_visitor_sketch, with_visitor)
SELECT
    account, source, kind, verdict, bucket, 'total', '', 0, last_id,
    multiIf(
        raw >= events, sketch,
        stays, arrayReduce('uniqCombinedState(17)', emptyArrayUInt32()),
        CAST(if(form = 3, '\x01\x00', toString(old)) AS AggregateFunction(uniqCombined(17), UInt32))
    ),
    if(stays, old, arrayReduce('uniqCombinedState(14)', emptyArrayUInt32())),
    multiIf(raw >= events, with_visitor, seen, events, 0)
FROM
(
    SELECT
        *, form, seen,
        raw < events AND account IN (
            SELECT account FROM rollup_account_migrating WHERE raw < events AND form = 3
        ) AS stays
    FROM rollup_account_migrating
)
SETTINGS
    max_threads = 1, max_insert_threads = 1, max_block_size = 8192,
    max_bytes_before_external_group_by = 50000000,
    min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 33554432;

DROP TABLE rollup_account_migrating SYNC;
