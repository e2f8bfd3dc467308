-- The same text on both databases. Times are milliseconds since the epoch, flags 0 or 1.

CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    method TEXT NOT NULL,
    password_hash TEXT,
    is_disabled BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);

-- Whom a provider or a directory vouches for, by what it never gives to another person.
CREATE TABLE vouched_subject (
    method TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    PRIMARY KEY (method, subject)
);

CREATE TABLE browser_session (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
);
CREATE INDEX browser_session_user ON browser_session (user_id);

CREATE TABLE project (
    id TEXT NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    has_estate BIGINT NOT NULL,
    archived_at BIGINT,
    version BIGINT NOT NULL
);
-- The batch estate belongs to one project.
CREATE UNIQUE INDEX project_estate ON project (has_estate) WHERE has_estate = 1;

CREATE TABLE member (
    project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    source TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (project_id, user_id)
);
CREATE INDEX member_user ON member (user_id);

CREATE TABLE member_group (
    project_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    source TEXT NOT NULL,
    group_name TEXT NOT NULL,
    PRIMARY KEY (project_id, user_id, source, group_name),
    FOREIGN KEY (project_id, user_id) REFERENCES member (project_id, user_id) ON DELETE CASCADE
);

CREATE TABLE invitation (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    used_by TEXT REFERENCES account (id)
);
CREATE INDEX invitation_project ON invitation (project_id);

CREATE TABLE machine_key (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX machine_key_project ON machine_key (project_id);

CREATE TABLE group_role (
    project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    group_name TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (project_id, group_name)
);

CREATE TABLE essential_access (
    project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    essential TEXT NOT NULL,
    group_name TEXT NOT NULL,
    PRIMARY KEY (project_id, essential, group_name)
);
