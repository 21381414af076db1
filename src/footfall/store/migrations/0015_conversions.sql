-- Conversions: which of an offer's events one is ('' for the conversion itself), what it was found by,
-- and money in millionths of the offer's currency. docs/decisions/0039-conversions.md
ALTER TABLE incoming MODIFY COLUMN kind Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
    'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9);
ALTER TABLE incoming ADD COLUMN IF NOT EXISTS goal String;
ALTER TABLE incoming ADD COLUMN IF NOT EXISTS attribution String;
ALTER TABLE incoming ADD COLUMN IF NOT EXISTS payout_micros Int64;
ALTER TABLE incoming ADD COLUMN IF NOT EXISTS revenue_micros Int64;
ALTER TABLE incoming ADD COLUMN IF NOT EXISTS sale_micros Int64;

ALTER TABLE incoming_ads MODIFY COLUMN kind Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
    'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9);
ALTER TABLE incoming_ads ADD COLUMN IF NOT EXISTS goal String;
ALTER TABLE incoming_ads ADD COLUMN IF NOT EXISTS attribution String;
ALTER TABLE incoming_ads ADD COLUMN IF NOT EXISTS payout_micros Int64;
ALTER TABLE incoming_ads ADD COLUMN IF NOT EXISTS revenue_micros Int64;
ALTER TABLE incoming_ads ADD COLUMN IF NOT EXISTS sale_micros Int64;

ALTER TABLE events MODIFY COLUMN kind Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
    'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9);
ALTER TABLE events ADD COLUMN IF NOT EXISTS goal LowCardinality(String);
ALTER TABLE events ADD COLUMN IF NOT EXISTS attribution LowCardinality(String);
ALTER TABLE events ADD COLUMN IF NOT EXISTS payout_micros Int64;
ALTER TABLE events ADD COLUMN IF NOT EXISTS revenue_micros Int64;
ALTER TABLE events ADD COLUMN IF NOT EXISTS sale_micros Int64;

ALTER TABLE events_by_tracker MODIFY COLUMN kind Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
    'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9);
ALTER TABLE events_by_tracker ADD COLUMN IF NOT EXISTS goal LowCardinality(String);
ALTER TABLE events_by_tracker ADD COLUMN IF NOT EXISTS attribution LowCardinality(String);
ALTER TABLE events_by_tracker ADD COLUMN IF NOT EXISTS payout_micros Int64;
ALTER TABLE events_by_tracker ADD COLUMN IF NOT EXISTS revenue_micros Int64;
ALTER TABLE events_by_tracker ADD COLUMN IF NOT EXISTS sale_micros Int64;

ALTER TABLE rejudged MODIFY COLUMN kind Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
    'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9);
ALTER TABLE rejudged ADD COLUMN IF NOT EXISTS goal LowCardinality(String);
ALTER TABLE rejudged ADD COLUMN IF NOT EXISTS attribution LowCardinality(String);
ALTER TABLE rejudged ADD COLUMN IF NOT EXISTS payout_micros Int64;
ALTER TABLE rejudged ADD COLUMN IF NOT EXISTS revenue_micros Int64;
ALTER TABLE rejudged ADD COLUMN IF NOT EXISTS sale_micros Int64;

ALTER TABLE events_by_quarter_hour MODIFY COLUMN kind Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
                            'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9);

ALTER TABLE rollup MODIFY COLUMN kind Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
                            'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9);

ALTER TABLE rollup_account MODIFY COLUMN kind Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
                            'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9);

-- A sum of money is called `…_micros`. The columns stand in the order of the view's SELECT: counts
-- are rebuilt by position.
ALTER TABLE rollup_ads
    MODIFY COLUMN kind Enum8('scan' = 1, 'impression' = 2, 'open' = 3, 'click' = 4, 'delivery' = 5, 'bounce' = 6,
                            'unsubscribe' = 7, 'complaint' = 8, 'conversion' = 9),
    ADD COLUMN IF NOT EXISTS goal LowCardinality(String) CODEC(Default) AFTER referrer_host,
    ADD COLUMN IF NOT EXISTS attribution LowCardinality(String) CODEC(Default) AFTER goal,
    ADD COLUMN IF NOT EXISTS payout_micros SimpleAggregateFunction(sum, Int64)
        CODEC(Default) AFTER events,
    ADD COLUMN IF NOT EXISTS revenue_micros SimpleAggregateFunction(sum, Int64)
        CODEC(Default) AFTER payout_micros,
    ADD COLUMN IF NOT EXISTS sale_micros SimpleAggregateFunction(sum, Int64)
        CODEC(Default) AFTER revenue_micros,
    MODIFY ORDER BY (
        account, bucket, tracker, kind, verdict,
        source, offer, offer_url, affiliate, advertiser, creative, campaign, traffic_source, coupon,
        project, sub1, sub2, sub3, sub4, sub5, adv1, adv2, adv3, adv4, adv5, country, region,
        city, isp, connection_type, device, device_make, device_model, os, os_version, browser,
        language, referrer_host, goal, attribution
    );

ALTER TABLE rollup_ads_of_incoming_ads MODIFY QUERY
SELECT
    account,
    toStartOfFifteenMinutes(fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')) AS bucket,
    tracker,
    kind,
    verdict,
    source, offer, offer_url, affiliate, advertiser, creative, campaign, traffic_source, coupon,
    project, sub1, sub2, sub3, sub4, sub5, adv1, adv2, adv3, adv4, adv5, country, region,
    city, isp, connection_type, device, device_make, device_model, os, os_version, browser,
    language, referrer_host, goal, attribution,
    count() AS events,
    sum(payout_micros) AS payout_micros,
    sum(revenue_micros) AS revenue_micros,
    sum(sale_micros) AS sale_micros,
    max(id) AS last_id
FROM incoming_ads
WHERE offer != '' AND NOT has(splitByChar(',', getSetting('log_comment')), 'rollup_ads')
GROUP BY
    account, bucket, tracker, kind, verdict,
    source, offer, offer_url, affiliate, advertiser, creative, campaign, traffic_source, coupon,
    project, sub1, sub2, sub3, sub4, sub5, adv1, adv2, adv3, adv4, adv5, country, region,
    city, isp, connection_type, device, device_make, device_model, os, os_version, browser,
    language, referrer_host, goal, attribution;
