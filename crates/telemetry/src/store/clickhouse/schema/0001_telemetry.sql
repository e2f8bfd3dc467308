-- Each group of batches, as one row: that makes it whole. What it adds to the tables below stands in it as it is
-- inserted there, so that it can be inserted again. The window is how many entries a late insert can be told by.
CREATE TABLE IF NOT EXISTS journal (
    seq Int64,
    nonce FixedString(16),
    body String CODEC(ZSTD(1))
) ENGINE = MergeTree PARTITION BY intDiv(seq, 1024) ORDER BY seq
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Up to which entry sums hold what the journal does.
CREATE TABLE IF NOT EXISTS folded (
    one UInt8,
    seq Int64
) ENGINE = ReplacingMergeTree(seq) ORDER BY one
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Keys of the batches of one entry each. They are looked up in memory.
CREATE TABLE IF NOT EXISTS batch_keys (
    seq Int64,
    received Int64 CODEC(Delta, ZSTD(1)),
    keys String
) ENGINE = MergeTree PARTITION BY toYYYYMMDD(fromUnixTimestamp64Nano(received, 'UTC')) ORDER BY seq
TTL toDateTime(intDiv(received, 1000000000)) + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1,
    fsync_after_insert = 1, fsync_part_directory = 1;

-- Months of long ago are one partition: a sender who makes times up makes no thousands.
CREATE TABLE IF NOT EXISTS span (
    project LowCardinality(String),
    trace_id FixedString(16),
    span_id FixedString(8) CODEC(NONE),
    parent_id FixedString(8) CODEC(ZSTD(1)),
    started Int64 CODEC(Delta, ZSTD(1)),
    ended Int64 CODEC(Delta, ZSTD(1)),
    agent LowCardinality(String),
    name LowCardinality(String),
    body String CODEC(ZSTD(3))
) ENGINE = MergeTree
PARTITION BY toYYYYMM(greatest(fromUnixTimestamp64Nano(started, 'UTC'), toDateTime64('2020-01-01 00:00:00', 9, 'UTC')))
ORDER BY (project, trace_id, started, span_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Of each trace the row of the highest version counts. `born` and `id` are those of its first entry and stay, so
-- that all of its rows are in one partition.
CREATE TABLE IF NOT EXISTS trace (
    project LowCardinality(String),
    trace_id FixedString(16),
    version Int64 CODEC(Delta, ZSTD(1)),
    id Int64 CODEC(Delta, ZSTD(1)),
    born Int64 CODEC(Delta, ZSTD(1)),
    started Int64 CODEC(Delta, ZSTD(1)),
    ended Int64 CODEC(Delta, ZSTD(1)),
    agent LowCardinality(String),
    name String CODEC(ZSTD(1)),
    has_root UInt8,
    spans Int64 CODEC(ZSTD(1)),
    errors Int64 CODEC(ZSTD(1)),
    has_gap UInt8,
    user Nullable(String) CODEC(ZSTD(1)),
    session Nullable(String) CODEC(ZSTD(1)),
    spend String CODEC(ZSTD(1)),
    tree String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(greatest(fromUnixTimestamp64Nano(born, 'UTC'), toDateTime64('2020-01-01 00:00:00', 9, 'UTC')))
ORDER BY (project, trace_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS metric (
    project LowCardinality(String),
    agent LowCardinality(String),
    at Int64 CODEC(Delta, ZSTD(1)),
    id Int64 CODEC(Delta, ZSTD(1)),
    body String CODEC(ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toYYYYMM(greatest(fromUnixTimestamp64Nano(at, 'UTC'), toDateTime64('2020-01-01 00:00:00', 9, 'UTC')))
ORDER BY (project, at, id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS point (
    project LowCardinality(String),
    agent LowCardinality(String),
    at Int64 CODEC(Delta, ZSTD(1)),
    id Int64 CODEC(Delta, ZSTD(1)),
    value Float64 CODEC(ZSTD(1)),
    count Int64 CODEC(ZSTD(1)),
    series LowCardinality(String)
) ENGINE = MergeTree
PARTITION BY toYYYYMM(greatest(fromUnixTimestamp64Nano(at, 'UTC'), toDateTime64('2020-01-01 00:00:00', 9, 'UTC')))
ORDER BY (project, at, id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Of each running total the latest: sums count what it grew by. The id is a hash of project, agent and series.
CREATE TABLE IF NOT EXISTS running (
    id FixedString(16) CODEC(NONE),
    version Int64 CODEC(Delta, ZSTD(1)),
    since Int64 CODEC(Delta, ZSTD(1)),
    at Int64 CODEC(Delta, ZSTD(1)),
    value Float64 CODEC(ZSTD(1)),
    count Int64 CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(version) ORDER BY id
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS log (
    project LowCardinality(String),
    agent LowCardinality(String),
    at Int64 CODEC(Delta, ZSTD(1)),
    id Int64 CODEC(Delta, ZSTD(1)),
    level UInt8,
    trace_id FixedString(16) CODEC(ZSTD(1)),
    body String CODEC(ZSTD(1)),
    INDEX by_trace trace_id TYPE bloom_filter GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toYYYYMM(greatest(fromUnixTimestamp64Nano(at, 'UTC'), toDateTime64('2020-01-01 00:00:00', 9, 'UTC')))
ORDER BY (project, at, id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS event (
    project LowCardinality(String),
    agent LowCardinality(String),
    at Int64 CODEC(Delta, ZSTD(1)),
    id Int64 CODEC(Delta, ZSTD(1)),
    kind UInt8,
    event_id FixedString(16) CODEC(NONE),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    body String CODEC(ZSTD(1)),
    INDEX by_id event_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_trace trace_id TYPE bloom_filter GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toYYYYMM(greatest(fromUnixTimestamp64Nano(at, 'UTC'), toDateTime64('2020-01-01 00:00:00', 9, 'UTC')))
ORDER BY (project, at, id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Sums. Of each key the row of the highest version counts: it holds all entries up to that one.
CREATE TABLE IF NOT EXISTS rollup (
    project LowCardinality(String),
    level UInt8,
    start Int64 CODEC(Delta, ZSTD(1)),
    agent LowCardinality(String),
    version Int64 CODEC(Delta, ZSTD(1)),
    body String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(version)
PARTITION BY
    (level, toYYYYMM(greatest(fromUnixTimestamp64Nano(start, 'UTC'), toDateTime64('2020-01-01 00:00:00', 9, 'UTC'))))
ORDER BY (project, level, start, agent)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS party_spend (
    project LowCardinality(String),
    party UInt8,
    day Int64 CODEC(Delta, ZSTD(1)),
    name String CODEC(ZSTD(1)),
    version Int64 CODEC(Delta, ZSTD(1)),
    cost_picos Int64 CODEC(ZSTD(1)),
    spend String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(greatest(fromUnixTimestamp64Nano(day, 'UTC'), toDateTime64('2020-01-01 00:00:00', 9, 'UTC')))
ORDER BY (project, party, day, name)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS session (
    project LowCardinality(String),
    name String CODEC(ZSTD(1)),
    version Int64 CODEC(Delta, ZSTD(1)),
    id Int64 CODEC(Delta, ZSTD(1)),
    agent LowCardinality(String),
    user Nullable(String) CODEC(ZSTD(1)),
    started Int64 CODEC(Delta, ZSTD(1)),
    last_seen Int64 CODEC(Delta, ZSTD(1)),
    traces Int64 CODEC(ZSTD(1)),
    spend String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(version) ORDER BY (project, name)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS agent (
    project LowCardinality(String),
    name String,
    version Int64,
    body String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(version) ORDER BY (project, name)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- A change that is found a second time has the id of the first.
CREATE TABLE IF NOT EXISTS status_change (
    project LowCardinality(String),
    agent LowCardinality(String),
    at Int64,
    id Int64,
    old UInt8,
    new UInt8,
    why String
) ENGINE = ReplacingMergeTree ORDER BY (project, agent, at, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
