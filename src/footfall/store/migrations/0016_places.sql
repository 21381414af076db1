-- What databases of places know beside country, region, city and network. The views between the
-- tables copy every column.
ALTER TABLE incoming ADD COLUMN IF NOT EXISTS postal_code String;
ALTER TABLE incoming ADD COLUMN IF NOT EXISTS metro_code String;
ALTER TABLE incoming ADD COLUMN IF NOT EXISTS time_zone String;
ALTER TABLE incoming ADD COLUMN IF NOT EXISTS carrier String;

ALTER TABLE incoming_ads ADD COLUMN IF NOT EXISTS postal_code String;
ALTER TABLE incoming_ads ADD COLUMN IF NOT EXISTS metro_code String;
ALTER TABLE incoming_ads ADD COLUMN IF NOT EXISTS time_zone String;
ALTER TABLE incoming_ads ADD COLUMN IF NOT EXISTS carrier String;

ALTER TABLE events ADD COLUMN IF NOT EXISTS postal_code LowCardinality(String) CODEC(Default);
ALTER TABLE events ADD COLUMN IF NOT EXISTS metro_code LowCardinality(String) CODEC(Default);
ALTER TABLE events ADD COLUMN IF NOT EXISTS time_zone LowCardinality(String) CODEC(Default);
ALTER TABLE events ADD COLUMN IF NOT EXISTS carrier LowCardinality(String) CODEC(Default);

ALTER TABLE events_by_tracker ADD COLUMN IF NOT EXISTS postal_code LowCardinality(String) CODEC(Default);
ALTER TABLE events_by_tracker ADD COLUMN IF NOT EXISTS metro_code LowCardinality(String) CODEC(Default);
ALTER TABLE events_by_tracker ADD COLUMN IF NOT EXISTS time_zone LowCardinality(String) CODEC(Default);
ALTER TABLE events_by_tracker ADD COLUMN IF NOT EXISTS carrier LowCardinality(String) CODEC(Default);

ALTER TABLE rejudged ADD COLUMN IF NOT EXISTS postal_code LowCardinality(String) CODEC(Default);
ALTER TABLE rejudged ADD COLUMN IF NOT EXISTS metro_code LowCardinality(String) CODEC(Default);
ALTER TABLE rejudged ADD COLUMN IF NOT EXISTS time_zone LowCardinality(String) CODEC(Default);
ALTER TABLE rejudged ADD COLUMN IF NOT EXISTS carrier LowCardinality(String) CODEC(Default);
