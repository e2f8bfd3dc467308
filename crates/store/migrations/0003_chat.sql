-- The same text on both databases. Times are milliseconds since the epoch, flags 0 or 1.

CREATE TABLE chat_thread (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    is_shared BIGINT NOT NULL DEFAULT 0,
    -- Essentials that no turn can speak of, because they were hidden from every asker. JSON.
    unseen TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    turn_count BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX chat_thread_owner ON chat_thread (project_id, owner, updated_at);

CREATE TABLE chat_turn (
    thread_id TEXT NOT NULL REFERENCES chat_thread (id) ON DELETE CASCADE,
    turn BIGINT NOT NULL,
    parent BIGINT,
    question TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    -- JSON; none while it is being answered.
    outcome TEXT,
    -- What it leaves for the turn after it. JSON.
    context TEXT,
    thumb TEXT,
    comment TEXT,
    PRIMARY KEY (thread_id, turn)
);
