-- An insert fills seven tables in the place of ten: every view is planned anew for each of them, and
-- makes a part that is forced to disk and merged. docs/decisions/0025-what-an-insert-costs.md

-- Sketches of visitors lie with the counts, in the rows of the dimension 'total'; elsewhere they are
-- empty.
ALTER TABLE rollup
    ADD COLUMN IF NOT EXISTS visitors AggregateFunction(uniqCombined(14), UInt32) CODEC(ZSTD(1));

ALTER TABLE rollup_account
    ADD COLUMN IF NOT EXISTS visitors AggregateFunction(uniqCombined(14), UInt32) CODEC(ZSTD(1));

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
    uniqCombinedStateIf(14)(visitor, dimension = 'total' AND visitor != 0) AS visitors
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
    uniqCombinedStateIf(14)(visitor, dimension = 'total' AND visitor != 0) AS visitors
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

-- The sketches that were there. Begun again after an interruption, this changes nothing: they merge
-- with themselves, no event is counted, and last_id comes along because a row that is merged takes
-- the newest. The tables are gone when that happens late.
DROP TABLE IF EXISTS rollup_visitors_of_incoming;

DROP TABLE IF EXISTS rollup_account_visitors_of_incoming;

CREATE TABLE IF NOT EXISTS rollup_visitors
(
    account  UInt32,
    tracker  UInt64,
    kind     Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4,
                   'delivery' = 5, 'bounce' = 6, 'unsubscribe' = 7, 'complaint' = 8),
    verdict  Enum8('counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
                   'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10),
    bucket   DateTime('UTC'),
    visitors AggregateFunction(uniqCombined(14), UInt32)
)
ENGINE = Memory;

CREATE TABLE IF NOT EXISTS rollup_account_visitors
(
    account  UInt32,
    bucket   DateTime('UTC'),
    source   LowCardinality(String),
    kind     Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4,
                   'delivery' = 5, 'bounce' = 6, 'unsubscribe' = 7, 'complaint' = 8),
    verdict  Enum8('counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
                   'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10),
    visitors AggregateFunction(uniqCombined(14), UInt32)
)
ENGINE = Memory;

INSERT INTO rollup (account, tracker, kind, verdict, bucket, dimension, value, events, last_id, visitors)
SELECT account, tracker, kind, verdict, bucket, 'total', '', 0, max(newest), uniqCombinedMergeState(14)(sketch)
FROM
(
    SELECT account, tracker, kind, verdict, bucket, 0 AS newest, visitors AS sketch
    FROM rollup_visitors
    UNION ALL
    SELECT
        account, tracker, kind, verdict, bucket, last_id AS newest,
        arrayReduce('uniqCombinedState(14)', emptyArrayUInt32()) AS sketch
    FROM rollup FINAL
    WHERE dimension = 'total'
)
GROUP BY account, tracker, kind, verdict, bucket
SETTINGS
    max_threads = 1, max_insert_threads = 1, max_block_size = 8192,
    max_bytes_before_external_group_by = 50000000,
    min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 33554432;

INSERT INTO rollup_account (account, bucket, source, kind, verdict, dimension, value, events, last_id, visitors)
SELECT account, bucket, source, kind, verdict, 'total', '', 0, max(newest), uniqCombinedMergeState(14)(sketch)
FROM
(
    SELECT account, bucket, source, kind, verdict, 0 AS newest, visitors AS sketch
    FROM rollup_account_visitors
    UNION ALL
    SELECT
        account, bucket, source, kind, verdict, last_id AS newest,
        arrayReduce('uniqCombinedState(14)', emptyArrayUInt32()) AS sketch
    FROM rollup_account FINAL
    WHERE dimension = 'total'
)
GROUP BY account, bucket, source, kind, verdict
SETTINGS
    max_threads = 1, max_insert_threads = 1, max_block_size = 8192,
    max_bytes_before_external_group_by = 50000000,
    min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 33554432;

DROP TABLE rollup_visitors;

DROP TABLE rollup_account_visitors;

-- What an insert goes into that has ads: all of it goes on, and the ads are counted. To plan their
-- forty columns cost every other insert a tenth of its time.
CREATE TABLE IF NOT EXISTS incoming_ads AS incoming
ENGINE = Null;

DROP TABLE IF EXISTS rollup_ads_of_incoming;

CREATE MATERIALIZED VIEW IF NOT EXISTS incoming_of_incoming_ads TO incoming AS
SELECT * FROM incoming_ads;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_ads_of_incoming_ads TO rollup_ads AS
SELECT
    account,
    toStartOfFifteenMinutes(fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')) AS bucket,
    tracker,
    kind,
    verdict,
    source, offer, offer_url, affiliate, advertiser, creative, campaign, traffic_source, coupon,
    project, sub1, sub2, sub3, sub4, sub5, adv1, adv2, adv3, adv4, adv5, country, region,
    city, isp, connection_type, device, device_make, device_model, os, os_version, browser,
    language, referrer_host,
    count() AS events,
    max(id) AS last_id
FROM incoming_ads
WHERE offer != '' AND NOT has(splitByChar(',', getSetting('log_comment')), 'rollup_ads')
GROUP BY
    account, bucket, tracker, kind, verdict,
    source, offer, offer_url, affiliate, advertiser, creative, campaign, traffic_source, coupon,
    project, sub1, sub2, sub3, sub4, sub5, adv1, adv2, adv3, adv4, adv5, country, region,
    city, isp, connection_type, device, device_make, device_model, os, os_version, browser,
    language, referrer_host;
