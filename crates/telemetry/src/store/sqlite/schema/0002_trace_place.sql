-- Where each trace is, by its id. Ids are random: an index would have every commit touch a page for each of
-- its traces. So rows are added when observations are folded, many at a time and in the order of the ids.
CREATE TABLE trace_place (
    trace_id BLOB NOT NULL,
    project INTEGER NOT NULL,
    trace INTEGER NOT NULL,
    PRIMARY KEY (trace_id, project)
) STRICT, WITHOUT ROWID;

-- Traces with a larger number have no place yet.
CREATE TABLE placed (
    until INTEGER NOT NULL
) STRICT;

INSERT INTO trace_place SELECT trace_id, project, id FROM trace ORDER BY trace_id, project;
INSERT INTO placed SELECT coalesce(max(id), 0) FROM trace;
DROP INDEX trace_by_id;
