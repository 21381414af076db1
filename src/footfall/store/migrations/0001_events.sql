-- The event store's first schema. Why it is laid out so: docs/decisions/0003-store-layout.md

-- One row an event; the columns are the fields of core.events.Event, name for name. Sorted by
-- receipt, for pages of a whole account. What many events share is LowCardinality. The time of an
-- event is its id's (core/ids.py) less its delay; an address is IPv6, IPv4 mapped into it, '::' none.
CREATE TABLE IF NOT EXISTS events
(
    id                 UInt64 CODEC(Delta(8), ZSTD(1)),
    account            UInt32 CODEC(ZSTD(1)),
    tracker            UInt64 CODEC(ZSTD(1)),
    kind               Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4,
                           'delivery' = 5, 'bounce' = 6, 'unsubscribe' = 7, 'complaint' = 8) CODEC(ZSTD(1)),
    source             LowCardinality(String) CODEC(ZSTD(1)),
    delay              Int64 CODEC(ZSTD(1)),
    verdict            Enum8('counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
                           'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10) CODEC(ZSTD(1)),
    reason             LowCardinality(String) CODEC(ZSTD(1)),
    url                String CODEC(ZSTD(1)),
    referrer           String CODEC(ZSTD(1)),
    referrer_host      LowCardinality(String) CODEC(ZSTD(1)),
    ip                 IPv6 CODEC(ZSTD(1)),
    user_agent         LowCardinality(String) CODEC(ZSTD(1)),
    visitor            UInt32 CODEC(NONE),
    language           LowCardinality(String) CODEC(ZSTD(1)),
    country            LowCardinality(String) CODEC(ZSTD(1)),
    region             LowCardinality(String) CODEC(ZSTD(1)),
    city               LowCardinality(String) CODEC(ZSTD(1)),
    asn                UInt32 CODEC(ZSTD(1)),
    isp                LowCardinality(String) CODEC(ZSTD(1)),
    connection_type    String CODEC(ZSTD(1)),
    device             LowCardinality(String) CODEC(ZSTD(1)),
    device_make        LowCardinality(String) CODEC(ZSTD(1)),
    device_model       LowCardinality(String) CODEC(ZSTD(1)),
    os                 LowCardinality(String) CODEC(ZSTD(1)),
    os_version         LowCardinality(String) CODEC(ZSTD(1)),
    browser            LowCardinality(String) CODEC(ZSTD(1)),
    browser_version    LowCardinality(String) CODEC(ZSTD(1)),
    program            LowCardinality(String) CODEC(ZSTD(1)),
    poster             LowCardinality(String) CODEC(ZSTD(1)),
    ambassador         LowCardinality(String) CODEC(ZSTD(1)),
    emailing           LowCardinality(String) CODEC(ZSTD(1)),
    destination        String CODEC(ZSTD(1)),
    profile            String CODEC(ZSTD(1)),
    subprofile         String CODEC(ZSTD(1)),
    testgroup          String CODEC(ZSTD(1)),
    link               String CODEC(ZSTD(1)),
    code               LowCardinality(String) CODEC(ZSTD(1)),
    offer              LowCardinality(String) CODEC(ZSTD(1)),
    offer_url          String CODEC(ZSTD(1)),
    affiliate          LowCardinality(String) CODEC(ZSTD(1)),
    advertiser         LowCardinality(String) CODEC(ZSTD(1)),
    creative           LowCardinality(String) CODEC(ZSTD(1)),
    campaign           LowCardinality(String) CODEC(ZSTD(1)),
    coupon             String CODEC(ZSTD(1)),
    project            String CODEC(ZSTD(1)),
    traffic_source     String CODEC(ZSTD(1)),
    sub1               String CODEC(ZSTD(1)),
    sub2               String CODEC(ZSTD(1)),
    sub3               String CODEC(ZSTD(1)),
    sub4               String CODEC(ZSTD(1)),
    sub5               String CODEC(ZSTD(1)),
    sub6               String CODEC(ZSTD(1)),
    sub7               String CODEC(ZSTD(1)),
    sub8               String CODEC(ZSTD(1)),
    sub9               String CODEC(ZSTD(1)),
    sub10              String CODEC(ZSTD(1)),
    adv1               String CODEC(ZSTD(1)),
    adv2               String CODEC(ZSTD(1)),
    adv3               String CODEC(ZSTD(1)),
    adv4               String CODEC(ZSTD(1)),
    adv5               String CODEC(ZSTD(1)),
    adv6               String CODEC(ZSTD(1)),
    adv7               String CODEC(ZSTD(1)),
    adv8               String CODEC(ZSTD(1)),
    adv9               String CODEC(ZSTD(1)),
    adv10              String CODEC(ZSTD(1)),
    entity             String CODEC(ZSTD(1)),
    reader             LowCardinality(String) CODEC(ZSTD(1)),
    wallet_pass        String CODEC(ZSTD(1)),
    pass_template      LowCardinality(String) CODEC(ZSTD(1)),
    venue_event        String CODEC(ZSTD(1)),
    group_tag          String CODEC(ZSTD(1)),
    scan_medium        LowCardinality(String) CODEC(ZSTD(1)),
    scan_value         String CODEC(ZSTD(1)),
    scan_status        LowCardinality(String) CODEC(ZSTD(1)),
    scan_status_detail String CODEC(ZSTD(1)),
    validation         LowCardinality(String) CODEC(ZSTD(1)),
    metadata           String CODEC(ZSTD(1)),
    occurred_at        DateTime64(3, 'UTC') ALIAS fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')
)
ENGINE = MergeTree
ORDER BY (account, id)
SETTINGS
    index_granularity = 2048,
    min_bytes_for_wide_part = 1000000000000,
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    old_parts_lifetime = 10;

-- What an insert goes into. It keeps nothing; the views below fill the tables, each but those that
-- the setting log_comment names: they have the rows from an attempt before (store/loading.py).
CREATE TABLE IF NOT EXISTS incoming AS events
ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS events_of_incoming TO events AS
SELECT * FROM incoming
WHERE NOT has(splitByChar(',', getSetting('log_comment')), 'events');

-- The same rows, sorted for pages of one tracker.
CREATE TABLE IF NOT EXISTS events_by_tracker AS events
ENGINE = MergeTree
ORDER BY (account, tracker, id)
SETTINGS
    index_granularity = 2048,
    min_bytes_for_wide_part = 1000000000000,
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    old_parts_lifetime = 10;

CREATE MATERIALIZED VIEW IF NOT EXISTS events_by_tracker_of_incoming TO events_by_tracker AS
SELECT * FROM incoming
WHERE NOT has(splitByChar(',', getSetting('log_comment')), 'events_by_tracker');

-- How many rows the tables of events hold, by quarter-hour of receipt (since 2025-01-01 UTC):
-- totals of lists, and where an offset leads, without reading the rows. It loses what they lose.
CREATE TABLE IF NOT EXISTS events_by_quarter_hour
(
    account   UInt32 CODEC(ZSTD(1)),
    tracker   UInt64 CODEC(ZSTD(1)),
    source    LowCardinality(String) CODEC(ZSTD(1)),
    kind      Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4,
                    'delivery' = 5, 'bounce' = 6, 'unsubscribe' = 7, 'complaint' = 8),
    verdict   Enum8('counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
                    'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10),
    quarter_hour UInt32 CODEC(Delta(4), ZSTD(1)),
    events    SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    last_id   SimpleAggregateFunction(anyLast, UInt64) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (account, tracker, source, kind, verdict, quarter_hour)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    old_parts_lifetime = 10;

CREATE MATERIALIZED VIEW IF NOT EXISTS events_by_quarter_hour_of_incoming TO events_by_quarter_hour AS
SELECT
    account,
    tracker,
    source,
    kind,
    verdict,
    toUInt32(intDiv(bitShiftRight(id, 22), 900000)) AS quarter_hour,
    count() AS events,
    max(id) AS last_id
FROM incoming
WHERE NOT has(splitByChar(',', getSetting('log_comment')), 'events_by_quarter_hour')
GROUP BY account, tracker, source, kind, verdict, quarter_hour;

-- Counts by quarter-hour, of which every time zone's hours and days are sums. One row a value of a
-- dimension; the dimension 'total' has the value ''. Kept for ever, whatever happens to raw events.
-- last_id is the greatest id of the last insert that counted here, which tells whether it did.
CREATE TABLE IF NOT EXISTS rollup
(
    account   UInt32,
    tracker   UInt64,
    kind      Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4,
                           'delivery' = 5, 'bounce' = 6, 'unsubscribe' = 7, 'complaint' = 8),
    dimension LowCardinality(String) CODEC(ZSTD(1)),
    verdict   Enum8('counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
                    'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10),
    bucket    DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    value     LowCardinality(String) CODEC(ZSTD(1)),
    events    SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    last_id   SimpleAggregateFunction(anyLast, UInt64) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (account, tracker, kind, dimension, verdict, bucket, value)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    old_parts_lifetime = 10;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_of_incoming TO rollup AS
SELECT
    account,
    tracker,
    kind,
    found.1 AS dimension,
    verdict,
    toStartOfFifteenMinutes(fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')) AS bucket,
    found.2 AS value,
    count() AS events,
    max(id) AS last_id
FROM incoming
ARRAY JOIN
    arrayFilter(
        pair -> pair.2 != '' OR pair.1 NOT IN ('os', 'browser'),
        [
            ('total', ''),
            ('country', toString(country)),
            ('device', toString(device)),
            ('referrer_host', toString(referrer_host)),
            ('os', toString(os)),
            ('browser', toString(browser))
        ]
    ) AS found
WHERE NOT has(splitByChar(',', getSetting('log_comment')), 'rollup')
GROUP BY account, tracker, kind, dimension, verdict, bucket, value;

-- Unique visitors by quarter-hour, as sketches that merge over any window (error about 0.8 %).
CREATE TABLE IF NOT EXISTS rollup_visitors
(
    account  UInt32,
    tracker  UInt64,
    kind     Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4,
                           'delivery' = 5, 'bounce' = 6, 'unsubscribe' = 7, 'complaint' = 8),
    verdict  Enum8('counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
                   'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10),
    bucket   DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    visitors AggregateFunction(uniqCombined(14), UInt32)
)
ENGINE = AggregatingMergeTree
ORDER BY (account, tracker, kind, verdict, bucket)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    old_parts_lifetime = 10;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_visitors_of_incoming TO rollup_visitors AS
SELECT
    account,
    tracker,
    kind,
    verdict,
    toStartOfFifteenMinutes(fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')) AS bucket,
    uniqCombinedState(14)(visitor) AS visitors
FROM incoming
WHERE visitor != 0
GROUP BY account, tracker, kind, verdict, bucket;

-- Counts of ad events (those that name an offer) by quarter-hour and by everything that they may be
-- broken down by at once: a report groups by any ten of these. No address, no user agent, no visitor.
-- Kept for ever. Why one wide table: docs/decisions/0012-ads-rollup.md. last_id as in rollup.
CREATE TABLE IF NOT EXISTS rollup_ads
(
    account         UInt32,
    bucket          DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    tracker         UInt64,
    kind            Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4,
                          'delivery' = 5, 'bounce' = 6, 'unsubscribe' = 7, 'complaint' = 8),
    verdict         Enum8('counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
                          'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10),
    source          LowCardinality(String) CODEC(ZSTD(1)),
    offer           LowCardinality(String) CODEC(ZSTD(1)),
    offer_url       String CODEC(ZSTD(1)),
    affiliate       LowCardinality(String) CODEC(ZSTD(1)),
    advertiser      LowCardinality(String) CODEC(ZSTD(1)),
    creative        LowCardinality(String) CODEC(ZSTD(1)),
    campaign        LowCardinality(String) CODEC(ZSTD(1)),
    traffic_source  String CODEC(ZSTD(1)),
    coupon          String CODEC(ZSTD(1)),
    project         String CODEC(ZSTD(1)),
    sub1            String CODEC(ZSTD(1)),
    sub2            String CODEC(ZSTD(1)),
    sub3            String CODEC(ZSTD(1)),
    sub4            String CODEC(ZSTD(1)),
    sub5            String CODEC(ZSTD(1)),
    adv1            String CODEC(ZSTD(1)),
    adv2            String CODEC(ZSTD(1)),
    adv3            String CODEC(ZSTD(1)),
    adv4            String CODEC(ZSTD(1)),
    adv5            String CODEC(ZSTD(1)),
    country         LowCardinality(String) CODEC(ZSTD(1)),
    region          LowCardinality(String) CODEC(ZSTD(1)),
    city            LowCardinality(String) CODEC(ZSTD(1)),
    isp             LowCardinality(String) CODEC(ZSTD(1)),
    connection_type String CODEC(ZSTD(1)),
    device          LowCardinality(String) CODEC(ZSTD(1)),
    device_make     LowCardinality(String) CODEC(ZSTD(1)),
    device_model    LowCardinality(String) CODEC(ZSTD(1)),
    os              LowCardinality(String) CODEC(ZSTD(1)),
    os_version      LowCardinality(String) CODEC(ZSTD(1)),
    browser         LowCardinality(String) CODEC(ZSTD(1)),
    language        LowCardinality(String) CODEC(ZSTD(1)),
    referrer_host   LowCardinality(String) CODEC(ZSTD(1)),
    events          SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    last_id         SimpleAggregateFunction(anyLast, UInt64) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
PRIMARY KEY (account, bucket, tracker)
ORDER BY (
    account, bucket, tracker, kind, verdict,
    source, offer, offer_url, affiliate, advertiser, creative, campaign, traffic_source, coupon,
    project, sub1, sub2, sub3, sub4, sub5, adv1, adv2, adv3, adv4, adv5, country, region,
    city, isp, connection_type, device, device_make, device_model, os, os_version, browser,
    language, referrer_host
)
SETTINGS
    index_granularity = 8192,
    min_bytes_for_wide_part = 1000000000000,
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    old_parts_lifetime = 10;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_ads_of_incoming TO rollup_ads AS
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
FROM incoming
WHERE offer != '' AND NOT has(splitByChar(',', getSetting('log_comment')), 'rollup_ads')
GROUP BY
    account, bucket, tracker, kind, verdict,
    source, offer, offer_url, affiliate, advertiser, creative, campaign, traffic_source, coupon,
    project, sub1, sub2, sub3, sub4, sub5, adv1, adv2, adv3, adv4, adv5, country, region,
    city, isp, connection_type, device, device_make, device_model, os, os_version, browser,
    language, referrer_host;
