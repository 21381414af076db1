-- One row an event. The columns are the fields of core.events.Event, name for name.
-- Sorted for pages of one tracker; the projection holds the rows again, sorted for pages of a whole
-- account (docs/decisions/0003). Partitions are months of receipt, so that retention drops old parts.
CREATE TABLE IF NOT EXISTS events
(
    id                 UInt64 CODEC(Delta(8), ZSTD(1)),
    account            UInt32,
    tracker            UInt64,
    kind               Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4),
    source             LowCardinality(String),
    occurred_at        Int64 CODEC(Delta(8), ZSTD(1)),
    verdict            Enum8('counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5, 'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10),
    reason             LowCardinality(String),
    url                String CODEC(ZSTD(1)),
    referrer           String CODEC(ZSTD(1)),
    referrer_host      LowCardinality(String),
    ip                 String CODEC(ZSTD(1)),
    user_agent         LowCardinality(String),
    visitor            UInt64 CODEC(NONE),
    language           LowCardinality(String),
    country            LowCardinality(String),
    region             LowCardinality(String),
    city               LowCardinality(String),
    asn                UInt32,
    isp                LowCardinality(String),
    connection_type    LowCardinality(String),
    device             LowCardinality(String),
    device_make        LowCardinality(String),
    device_model       LowCardinality(String),
    os                 LowCardinality(String),
    os_version         LowCardinality(String),
    browser            LowCardinality(String),
    browser_version    LowCardinality(String),
    program            LowCardinality(String),
    poster             LowCardinality(String),
    ambassador         LowCardinality(String),
    emailing           LowCardinality(String),
    destination        String CODEC(ZSTD(1)),
    profile            String CODEC(ZSTD(1)),
    subprofile         String CODEC(ZSTD(1)),
    testgroup          LowCardinality(String),
    link               LowCardinality(String),
    code               LowCardinality(String),
    offer              LowCardinality(String),
    offer_url          LowCardinality(String),
    affiliate          LowCardinality(String),
    advertiser         LowCardinality(String),
    creative           LowCardinality(String),
    campaign           LowCardinality(String),
    coupon             LowCardinality(String),
    project            LowCardinality(String),
    traffic_source     LowCardinality(String),
    sub1               LowCardinality(String),
    sub2               LowCardinality(String),
    sub3               LowCardinality(String),
    sub4               LowCardinality(String),
    sub5               LowCardinality(String),
    sub6               LowCardinality(String),
    sub7               LowCardinality(String),
    sub8               LowCardinality(String),
    sub9               LowCardinality(String),
    sub10              LowCardinality(String),
    adv1               LowCardinality(String),
    adv2               LowCardinality(String),
    adv3               LowCardinality(String),
    adv4               LowCardinality(String),
    adv5               LowCardinality(String),
    adv6               LowCardinality(String),
    adv7               LowCardinality(String),
    adv8               LowCardinality(String),
    adv9               LowCardinality(String),
    adv10              LowCardinality(String),
    entity             LowCardinality(String),
    reader             LowCardinality(String),
    wallet_pass        String CODEC(ZSTD(1)),
    pass_template      LowCardinality(String),
    venue_event        LowCardinality(String),
    group_tag          LowCardinality(String),
    scan_medium        LowCardinality(String),
    scan_value         String CODEC(ZSTD(1)),
    scan_status        LowCardinality(String),
    scan_status_detail LowCardinality(String),
    validation         LowCardinality(String),
    metadata           String CODEC(ZSTD(1)),
    PROJECTION by_account (SELECT * ORDER BY account, id)
)
ENGINE = MergeTree
ORDER BY (account, tracker, id)
SETTINGS
    non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    old_parts_lifetime = 10,
    deduplicate_merge_projection_mode = 'rebuild',
    lightweight_mutation_projection_mode = 'rebuild';

-- Counts by quarter-hour, which every time zone's days and hours are sums of. One row a value of a
-- dimension; the dimension 'total' has the value ''. Kept for ever, whatever happens to raw events.
CREATE TABLE IF NOT EXISTS rollup
(
    account   UInt32,
    tracker   UInt64,
    kind      Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4),
    dimension LowCardinality(String),
    verdict   Enum8('counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5, 'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10),
    bucket    DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    value     LowCardinality(String),
    events    UInt64
)
ENGINE = SummingMergeTree(events)
ORDER BY (account, tracker, kind, dimension, verdict, bucket, value)
SETTINGS
    non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    old_parts_lifetime = 10;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_of_events TO rollup AS
SELECT
    account,
    tracker,
    kind,
    dimension,
    verdict,
    toStartOfFifteenMinutes(fromUnixTimestamp64Milli(occurred_at, 'UTC')) AS bucket,
    value,
    count() AS events
FROM events
ARRAY JOIN
    ['total', 'country', 'device', 'referrer_host', 'os', 'browser'] AS dimension,
    ['', toString(country), toString(device), toString(referrer_host), toString(os), toString(browser)] AS value
WHERE NOT (dimension IN ('os', 'browser') AND value = '')
GROUP BY account, tracker, kind, dimension, verdict, bucket, value;

-- Unique visitors by quarter-hour as sketches that can be merged over any window.
CREATE TABLE IF NOT EXISTS rollup_visitors
(
    account  UInt32,
    tracker  UInt64,
    kind     Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4),
    verdict  Enum8('counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5, 'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10),
    bucket   DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    visitors AggregateFunction(uniqCombined64(14), UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (account, tracker, kind, verdict, bucket)
SETTINGS
    non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    old_parts_lifetime = 10;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_visitors_of_events TO rollup_visitors AS
SELECT
    account,
    tracker,
    kind,
    verdict,
    toStartOfFifteenMinutes(fromUnixTimestamp64Milli(occurred_at, 'UTC')) AS bucket,
    uniqCombined64State(14)(visitor) AS visitors
FROM events
WHERE visitor != 0
GROUP BY account, tracker, kind, verdict, bucket;
