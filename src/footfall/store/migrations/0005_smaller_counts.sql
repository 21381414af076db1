-- A third less on disk. docs/decisions/0003-store-layout.md has the figures. What is there already
-- becomes smaller as it is merged.

-- Whether a count holds an insert (store/loading.py) the rows of the dimension 'total' tell alone:
-- every event is in one of them. In the others last_id was as large as all else together.
ALTER TABLE rollup_of_incoming MODIFY QUERY
SELECT
    account,
    tracker,
    kind,
    found.1 AS dimension,
    verdict,
    toStartOfFifteenMinutes(fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')) AS bucket,
    found.2 AS value,
    count() AS events,
    if(dimension = 'total', max(id), 0) AS last_id
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

ALTER TABLE rollup_account_of_incoming MODIFY QUERY
SELECT
    account,
    found.1 AS dimension,
    toStartOfFifteenMinutes(fromUnixTimestamp64Milli(toInt64(bitShiftRight(id, 22)) + 1735689600000 - delay, 'UTC')) AS bucket,
    source,
    kind,
    verdict,
    found.2 AS value,
    count() AS events,
    if(dimension = 'total', max(id), 0) AS last_id
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

-- Ids next to each other differ in few bits, which T64 puts side by side.
ALTER TABLE events MODIFY COLUMN id CODEC(Delta(8), T64('bit'), ZSTD(1));

ALTER TABLE events_by_tracker MODIFY COLUMN id CODEC(Delta(8), T64('bit'), ZSTD(1));

ALTER TABLE events_by_quarter_hour MODIFY COLUMN last_id CODEC(Delta(8), T64('bit'), ZSTD(1));

ALTER TABLE rollup MODIFY COLUMN last_id CODEC(Delta(8), T64('bit'), ZSTD(1));

ALTER TABLE rollup_account MODIFY COLUMN last_id CODEC(Delta(8), T64('bit'), ZSTD(1));

ALTER TABLE rollup_ads MODIFY COLUMN last_id CODEC(Delta(8), T64('bit'), ZSTD(1));
