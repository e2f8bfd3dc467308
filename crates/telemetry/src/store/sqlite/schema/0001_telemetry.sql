CREATE TABLE project (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE agent (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    name TEXT NOT NULL,
    agent_id BLOB NOT NULL,
    metadata BLOB NOT NULL,
    status INTEGER NOT NULL,
    status_since INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    UNIQUE (project, name)
) STRICT;

CREATE TABLE status_change (
    id INTEGER PRIMARY KEY,
    agent INTEGER NOT NULL,
    at INTEGER NOT NULL,
    old INTEGER NOT NULL,
    new INTEGER NOT NULL,
    why TEXT NOT NULL
) STRICT;
CREATE INDEX status_change_by_agent ON status_change (agent, at);

-- Of each number of an agent the latest.
CREATE TABLE latest (
    agent INTEGER NOT NULL,
    name BLOB NOT NULL,
    at INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (agent, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE span_block (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    min_start INTEGER NOT NULL,
    max_end INTEGER NOT NULL,
    spans INTEGER NOT NULL,
    is_small INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX span_block_by_end ON span_block (project, max_end);
CREATE INDEX span_block_small ON span_block (project, min_start) WHERE is_small;

-- Ids of traces are random: a table in their order would touch a page of its own for each. So the rows
-- stand in the order they came, and only the narrow index is random.
CREATE TABLE trace (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    spans INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    has_gap INTEGER NOT NULL,
    has_root INTEGER NOT NULL,
    trace_id BLOB NOT NULL,
    name TEXT NOT NULL,
    user TEXT,
    session TEXT,
    spend BLOB NOT NULL,
    blocks BLOB NOT NULL,
    tree BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX trace_by_id ON trace (trace_id, project);
CREATE INDEX trace_by_start ON trace (project, started);
CREATE INDEX trace_by_agent ON trace (agent, started);

-- What came since the last fold, as it came: the tables of the same names, with their indexes by agent,
-- take it over many rows at a time.
CREATE TABLE incoming_metric (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE incoming_point (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    at INTEGER NOT NULL,
    series INTEGER NOT NULL,
    value REAL NOT NULL,
    count INTEGER NOT NULL,
    running_since INTEGER
) STRICT;

CREATE TABLE incoming_log (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    at INTEGER NOT NULL,
    level INTEGER NOT NULL,
    trace_id BLOB,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE metric (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX metric_by_time ON metric (project, at);
CREATE INDEX metric_by_agent ON metric (agent, at);

-- What points of one series share. None of its points is newer than `until`, which is moved a day at a time.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    until INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (project, body)
) STRICT;

CREATE TABLE point (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    at INTEGER NOT NULL,
    series INTEGER NOT NULL,
    value REAL NOT NULL,
    count INTEGER NOT NULL,
    running_since INTEGER
) STRICT;
CREATE INDEX point_by_time ON point (project, at);
CREATE INDEX point_by_agent ON point (agent, at);

-- Of each running total of an agent the latest: sums count what it grew by.
CREATE TABLE running (
    agent INTEGER NOT NULL,
    series INTEGER NOT NULL,
    since INTEGER NOT NULL,
    at INTEGER NOT NULL,
    value REAL NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (agent, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE log (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    at INTEGER NOT NULL,
    level INTEGER NOT NULL,
    trace_id BLOB,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX log_by_time ON log (project, at);
CREATE INDEX log_by_agent ON log (agent, at);
CREATE INDEX log_by_trace ON log (trace_id, at) WHERE trace_id IS NOT NULL;

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    trace_id BLOB,
    body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_by_id ON event (event_id, project);
CREATE INDEX event_by_time ON event (project, at);
CREATE INDEX event_by_agent ON event (agent, at);
CREATE INDEX event_by_trace ON event (trace_id, at) WHERE trace_id IS NOT NULL;

-- Keys of the batches of one commit each. They are looked up in memory.
CREATE TABLE batch_keys (
    id INTEGER PRIMARY KEY,
    received INTEGER NOT NULL,
    keys BLOB NOT NULL
) STRICT;

-- What the commits since the last fold add to the sums below.
CREATE TABLE unfolded (
    id INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE rollup (
    agent INTEGER NOT NULL,
    level INTEGER NOT NULL,
    start INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (agent, level, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE party_spend (
    project INTEGER NOT NULL,
    party INTEGER NOT NULL,
    day INTEGER NOT NULL,
    name TEXT NOT NULL,
    cost_picos INTEGER NOT NULL,
    spend BLOB NOT NULL,
    PRIMARY KEY (project, party, day, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX party_spend_by_cost ON party_spend (project, party, day, cost_picos);

CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    name TEXT NOT NULL,
    agent INTEGER NOT NULL,
    user TEXT,
    started INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    traces INTEGER NOT NULL,
    spend BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX session_by_name ON session (project, name);
CREATE INDEX session_by_start ON session (project, started);
