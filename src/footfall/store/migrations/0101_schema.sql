-- The event store. Why it is laid out so: docs/decisions/0003-store-layout.md and 0025. A statement ends
-- with a semicolon at the end of a line, and can be run again.
--
-- Every table is durable: a part is forced to the disk before its insert is answered, and a merged part
-- before its sources go. A small part is one file in the place of ten. A part that replaces others may
-- leave the disk at once in the tables that hold rows of events, or counts with values of theirs, for
-- erasure (old_parts_lifetime = 0; store/maintenance/erase.py).

-- One row an event; the columns are the fields of core.events.Event, name for name. Sorted by
-- receipt, for pages of a whole account. What many events share is LowCardinality. The time of an
-- event is its id's (core/ids.py) less its delay; an address is IPv6, IPv4 mapped into it, '::' none.
-- Columns without a codec have the engine's own, which goes by the size of a part (store/engine.xml).
-- Ids next to each other differ in few bits, which T64 puts side by side. No column is sparse: nearly
-- empty ones were kept in two streams, which is twice the work.
CREATE TABLE IF NOT EXISTS events
(
    id                 UInt64 CODEC(Delta(8), T64('bit'), Default),
    account            UInt32,
    tracker            UInt64,
    kind               Enum8(
        'scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
        'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9
    ),
    source             LowCardinality(String),
    delay              Int64,
    verdict            Enum8(
        'counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
        'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10
    ) CODEC(ZSTD(1)),
    reason             LowCardinality(String) CODEC(ZSTD(1)),
    url                String,
    referrer           String CODEC(ZSTD(1)),
    referrer_host      LowCardinality(String) CODEC(ZSTD(1)),
    ip                 IPv6 CODEC(ZSTD(1)),
    user_agent         LowCardinality(String) CODEC(ZSTD(1)),
    visitor            UInt32 CODEC(LZ4),
    language           LowCardinality(String) CODEC(ZSTD(1)),
    country            LowCardinality(String) CODEC(ZSTD(1)),
    region             LowCardinality(String),
    city               LowCardinality(String),
    postal_code        LowCardinality(String),
    metro_code         LowCardinality(String),
    time_zone          LowCardinality(String),
    asn                UInt32,
    isp                LowCardinality(String),
    carrier            LowCardinality(String),
    connection_type    String,
    device             LowCardinality(String) CODEC(ZSTD(1)),
    device_make        LowCardinality(String) CODEC(ZSTD(1)),
    device_model       LowCardinality(String) CODEC(ZSTD(1)),
    os                 LowCardinality(String) CODEC(ZSTD(1)),
    os_version         LowCardinality(String) CODEC(ZSTD(1)),
    browser            LowCardinality(String) CODEC(ZSTD(1)),
    browser_version    LowCardinality(String) CODEC(ZSTD(1)),
    program            LowCardinality(String),
    poster             LowCardinality(String),
    ambassador         LowCardinality(String),
    emailing           LowCardinality(String),
    destination        String,
    profile            String,
    subprofile         String,
    testgroup          String,
    link               String,
    code               LowCardinality(String),
    offer              LowCardinality(String),
    offer_url          String,
    affiliate          LowCardinality(String),
    advertiser         LowCardinality(String),
    creative           LowCardinality(String),
    campaign           LowCardinality(String),
    coupon             String,
    project            String,
    traffic_source     String,
    sub1               String,
    sub2               String,
    sub3               String,
    sub4               String,
    sub5               String,
    sub6               String,
    sub7               String,
    sub8               String,
    sub9               String,
    sub10              String,
    adv1               String,
    adv2               String,
    adv3               String,
    adv4               String,
    adv5               String,
    adv6               String,
    adv7               String,
    adv8               String,
    adv9               String,
    adv10              String,
    entity             String,
    reader             LowCardinality(String),
    wallet_pass        String,
    pass_template      LowCardinality(String),
    venue_event        String,
    group_tag          String,
    goal               LowCardinality(String),
    attribution        LowCardinality(String),
    scan_medium        LowCardinality(String),
    scan_value         String,
    scan_status        LowCardinality(String),
    scan_status_detail String,
    validation         LowCardinality(String),
    metadata           String,
    payout_micros      Int64,
    revenue_micros     Int64,
    sale_micros        Int64,
    occurred_at        DateTime64(3, 'UTC') ALIAS 
        fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')
)
ENGINE = MergeTree
ORDER BY (account, id)
SETTINGS
    index_granularity = 2048, min_bytes_for_wide_part = 1000000000000,
    min_bytes_for_full_part_storage = 10000000, ratio_of_defaults_for_sparse_serialization = 1,
    non_replicated_deduplication_window = 10000, old_parts_lifetime = 0,
    fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- The same rows, sorted for pages of one tracker.
CREATE TABLE IF NOT EXISTS events_by_tracker AS events
ENGINE = MergeTree
ORDER BY (account, tracker, id)
SETTINGS
    index_granularity = 2048, min_bytes_for_wide_part = 1000000000000,
    min_bytes_for_full_part_storage = 10000000, ratio_of_defaults_for_sparse_serialization = 1,
    non_replicated_deduplication_window = 10000, old_parts_lifetime = 0,
    fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- Events whose verdict a policy changed, as they were before it, and the policy that changed them:
-- reports under an earlier policy are made of them. docs/decisions/0021-policies.md. They lose what
-- the tables of events lose.
CREATE TABLE IF NOT EXISTS reclassified AS events
ENGINE = MergeTree
ORDER BY (account, id)
SETTINGS
    index_granularity = 2048, min_bytes_for_wide_part = 1000000000000, old_parts_lifetime = 0,
    fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE reclassified ADD COLUMN IF NOT EXISTS policy UInt32 CODEC(ZSTD(1));

-- What an insert goes into. It keeps nothing, and need not look for text that it had before; the views
-- below fill the tables, each but those that the setting log_comment names: they have the rows from an
-- attempt before (store/insert.py).
CREATE TABLE IF NOT EXISTS incoming
(
    id UInt64, account UInt32, tracker UInt64,
    kind Enum8(
        'scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
        'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9
    ),
    source String, delay Int64,
    verdict Enum8(
        'counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
        'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10
    ),
    reason String, url String, referrer String, referrer_host String, ip IPv6, user_agent String,
    visitor UInt32, language String, country String, region String, city String, postal_code String,
    metro_code String, time_zone String, asn UInt32, isp String, carrier String,
    connection_type String, device String, device_make String, device_model String, os String,
    os_version String, browser String, browser_version String, program String, poster String,
    ambassador String, emailing String, destination String, profile String, subprofile String,
    testgroup String, link String, code String, offer String, offer_url String, affiliate String,
    advertiser String, creative String, campaign String, coupon String, project String,
    traffic_source String, sub1 String, sub2 String, sub3 String, sub4 String, sub5 String,
    sub6 String, sub7 String, sub8 String, sub9 String, sub10 String, adv1 String, adv2 String,
    adv3 String, adv4 String, adv5 String, adv6 String, adv7 String, adv8 String, adv9 String,
    adv10 String, entity String, reader String, wallet_pass String, pass_template String,
    venue_event String, group_tag String, goal String, attribution String, scan_medium String,
    scan_value String, scan_status String, scan_status_detail String, validation String,
    metadata String, payout_micros Int64, revenue_micros Int64, sale_micros Int64,
    occurred_at DateTime64(3, 'UTC') ALIAS 
        fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')
)
ENGINE = Null;

-- What an insert goes into that has ads: all of it goes on, and the ads are counted. To plan their
-- forty columns costs every other insert a tenth of its time.
CREATE TABLE IF NOT EXISTS incoming_ads AS incoming ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS incoming_of_incoming_ads TO incoming AS
SELECT * FROM incoming_ads;

CREATE MATERIALIZED VIEW IF NOT EXISTS events_of_incoming TO events AS
SELECT * FROM incoming WHERE NOT has(splitByChar(',', getSetting('log_comment')), 'events');

CREATE MATERIALIZED VIEW IF NOT EXISTS events_by_tracker_of_incoming TO events_by_tracker AS
SELECT * FROM incoming WHERE NOT has(splitByChar(',', getSetting('log_comment')), 'events_by_tracker');

-- How many rows the tables of events hold, by quarter-hour of receipt (since 2025-01-01 UTC):
-- totals of lists, and where an offset leads, without reading the rows. It loses what they lose.
-- last_id is the greatest id of the last insert that counted here, which tells whether it did.
CREATE TABLE IF NOT EXISTS events_by_quarter_hour
(
    account      UInt32 CODEC(ZSTD(1)),
    tracker      UInt64 CODEC(ZSTD(1)),
    source       LowCardinality(String) CODEC(ZSTD(1)),
    kind         Enum8(
        'scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
        'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9
    ),
    verdict      Enum8(
        'counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
        'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10
    ),
    quarter_hour UInt32 CODEC(Delta(4), ZSTD(1)),
    events       SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    last_id      SimpleAggregateFunction(anyLast, UInt64) CODEC(Delta(8), T64('bit'), ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (account, tracker, source, kind, verdict, quarter_hour)
SETTINGS
    min_bytes_for_full_part_storage = 10000000, non_replicated_deduplication_window = 10000,
    old_parts_lifetime = 0, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

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
-- In the rows of 'total' alone: last_id as above, the sketch of the different visitors (uniqCombined(17),
-- docs/decisions/0038-visitors.md) and how many events have a visitor.
CREATE TABLE IF NOT EXISTS rollup
(
    account        UInt32,
    tracker        UInt64,
    kind           Enum8(
        'scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
        'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9
    ),
    dimension      LowCardinality(String) CODEC(ZSTD(1)),
    verdict        Enum8(
        'counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
        'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10
    ),
    bucket         DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    value          LowCardinality(String) CODEC(ZSTD(1)),
    events         SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    last_id        SimpleAggregateFunction(anyLast, UInt64) CODEC(Delta(8), T64('bit'), ZSTD(1)),
    visitor_sketch AggregateFunction(uniqCombined(17), UInt32) CODEC(ZSTD(1)),
    with_visitor   SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (account, tracker, kind, dimension, verdict, bucket, value)
SETTINGS
    min_bytes_for_full_part_storage = 10000000, non_replicated_deduplication_window = 10000,
    old_parts_lifetime = 0, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- Names and values lie in two arrays, side by side: tuples take a third to a half longer.
CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_of_incoming TO rollup AS
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

-- Counts of a whole account by quarter-hour, for one dimension at a time: any report of one column
-- over any window without reading events. Sorted by time within a dimension, so that a month is one
-- run of rows. Dimensions that most events have hold '' too; of the others '' is what the dimension
-- 'total' has beyond them (store/query/report_query.py). The other columns are those of rollup.
CREATE TABLE IF NOT EXISTS rollup_account
(
    account        UInt32,
    dimension      LowCardinality(String) CODEC(ZSTD(1)),
    bucket         DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    source         LowCardinality(String) CODEC(ZSTD(1)),
    kind           Enum8(
        'scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
        'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9
    ),
    verdict        Enum8(
        'counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
        'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10
    ),
    value          LowCardinality(String) CODEC(ZSTD(1)),
    events         SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    last_id        SimpleAggregateFunction(anyLast, UInt64) CODEC(Delta(8), T64('bit'), ZSTD(1)),
    visitor_sketch AggregateFunction(uniqCombined(17), UInt32) CODEC(ZSTD(1)),
    with_visitor   SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (account, dimension, bucket, source, kind, verdict, value)
SETTINGS
    min_bytes_for_full_part_storage = 10000000, non_replicated_deduplication_window = 10000,
    old_parts_lifetime = 0, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_account_of_incoming TO rollup_account AS
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

-- Counts of ad events (those that name an offer) by quarter-hour and by everything that they may be
-- broken down by at once: a report groups by any ten of these. No address, no user agent, no visitor.
-- Sums of money are called …_micros. Columns stand in the order of the view's SELECT: counts are rebuilt
-- by position. Kept for ever. Why one wide table: docs/decisions/0012-ads-rollup.md
CREATE TABLE IF NOT EXISTS rollup_ads
(
    account            UInt32,
    bucket             DateTime('UTC') CODEC(Delta(4), Default),
    tracker            UInt64,
    kind               Enum8(
        'scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
        'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9
    ),
    verdict            Enum8(
        'counted' = 1, 'bot' = 2, 'preview' = 3, 'prefetch' = 4, 'machine_open' = 5,
        'duplicate' = 6, 'repeat' = 7, 'internal' = 8, 'orphan' = 9, 'refused' = 10
    ),
    source             LowCardinality(String),
    offer              LowCardinality(String),
    offer_url          String,
    affiliate          LowCardinality(String),
    advertiser         LowCardinality(String),
    creative           LowCardinality(String),
    campaign           LowCardinality(String),
    traffic_source     String,
    coupon             String,
    project            String,
    sub1               String,
    sub2               String,
    sub3               String,
    sub4               String,
    sub5               String,
    adv1               String,
    adv2               String,
    adv3               String,
    adv4               String,
    adv5               String,
    country            LowCardinality(String),
    region             LowCardinality(String),
    city               LowCardinality(String),
    isp                LowCardinality(String),
    connection_type    String,
    device             LowCardinality(String),
    device_make        LowCardinality(String),
    device_model       LowCardinality(String),
    os                 LowCardinality(String),
    os_version         LowCardinality(String),
    browser            LowCardinality(String),
    language           LowCardinality(String),
    referrer_host      LowCardinality(String),
    goal               LowCardinality(String),
    attribution        LowCardinality(String),
    events             SimpleAggregateFunction(sum, UInt64) CODEC(T64, Default),
    payout_micros      SimpleAggregateFunction(sum, Int64),
    revenue_micros     SimpleAggregateFunction(sum, Int64),
    sale_micros        SimpleAggregateFunction(sum, Int64),
    last_id            SimpleAggregateFunction(anyLast, UInt64) CODEC(Delta(8), T64('bit'), Default)
)
ENGINE = AggregatingMergeTree
PRIMARY KEY (account, bucket, tracker)
ORDER BY (
    account, bucket, tracker, kind, verdict, source, offer, offer_url, affiliate, advertiser,
    creative, campaign, traffic_source, coupon, project, sub1, sub2, sub3, sub4, sub5, adv1, adv2,
    adv3, adv4, adv5, country, region, city, isp, connection_type, device, device_make,
    device_model, os, os_version, browser, language, referrer_host, goal, attribution
)
SETTINGS
    min_bytes_for_wide_part = 1000000000000, min_bytes_for_full_part_storage = 10000000,
    ratio_of_defaults_for_sparse_serialization = 1, non_replicated_deduplication_window = 10000,
    old_parts_lifetime = 0, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_ads_of_incoming_ads TO rollup_ads AS
SELECT
    account,
    toStartOfFifteenMinutes(fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')) AS bucket,
    tracker, kind, verdict, source, offer, offer_url, affiliate, advertiser, creative, campaign,
    traffic_source, coupon, project, sub1, sub2, sub3, sub4, sub5, adv1, adv2, adv3, adv4, adv5,
    country, region, city, isp, connection_type, device, device_make, device_model, os, os_version,
    browser, language, referrer_host, goal, attribution,
    count() AS events,
    sum(payout_micros) AS payout_micros,
    sum(revenue_micros) AS revenue_micros,
    sum(sale_micros) AS sale_micros,
    max(id) AS last_id
FROM incoming_ads
WHERE offer != '' AND NOT has(splitByChar(',', getSetting('log_comment')), 'rollup_ads')
GROUP BY
    account, bucket,
    tracker, kind, verdict, source, offer, offer_url, affiliate, advertiser, creative, campaign,
    traffic_source, coupon, project, sub1, sub2, sub3, sub4, sub5, adv1, adv2, adv3, adv4, adv5,
    country, region, city, isp, connection_type, device, device_make, device_model, os, os_version,
    browser, language, referrer_host, goal, attribution;

-- The books: what entered, whatever is removed later. docs/decisions/0014-the-books.md

-- Events by the hour of receipt, and the journal through which they came ('' is none: those that were
-- made inside the store). Never reduced. last_id as in rollup. An insert says journal and groups in
-- log_comment (store/insert.py).
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
    min_bytes_for_full_part_storage = 10000000, non_replicated_deduplication_window = 10000,
    old_parts_lifetime = 10, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

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
    min_bytes_for_full_part_storage = 10000000, old_parts_lifetime = 10,
    fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

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

-- Before which time retention removed raw rows of an account: rollups outlive them, and are not
-- held against them. Written before anything is removed.
CREATE TABLE IF NOT EXISTS expired
(
    account UInt32,
    before  SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY account
SETTINGS old_parts_lifetime = 10, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
