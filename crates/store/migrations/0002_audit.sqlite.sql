CREATE TABLE audit_record (
    seq INTEGER NOT NULL PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    body TEXT NOT NULL,
    hash TEXT NOT NULL,
    action TEXT GENERATED ALWAYS AS (json_extract(body, '$.action')) VIRTUAL,
    actor TEXT GENERATED ALWAYS AS (json_extract(body, '$.actor')) VIRTUAL,
    object TEXT GENERATED ALWAYS AS (json_extract(body, '$.object')) VIRTUAL,
    project TEXT GENERATED ALWAYS AS (json_extract(body, '$.project')) VIRTUAL,
    result TEXT GENERATED ALWAYS AS (json_extract(body, '$.result')) VIRTUAL
);
CREATE INDEX audit_record_at ON audit_record (at_ms, seq);
CREATE INDEX audit_record_action ON audit_record (action, seq);
CREATE INDEX audit_record_actor ON audit_record (actor, seq);
CREATE INDEX audit_record_object ON audit_record (object, seq);

CREATE TABLE audit_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE audit_seal (
    seq INTEGER NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL,
    records INTEGER NOT NULL,
    file_sha256 TEXT NOT NULL,
    sealed_at INTEGER NOT NULL
);

-- REPLACE deletes without asking the triggers for DELETE, hence those for INSERT.
CREATE TRIGGER audit_record_appends BEFORE INSERT ON audit_record
WHEN NEW.seq <= (SELECT seq FROM audit_head)
BEGIN
    SELECT RAISE(ABORT, 'audit records are only appended');
END;
CREATE TRIGGER audit_seal_appends BEFORE INSERT ON audit_seal
WHEN NEW.seq <= (SELECT MAX(seq) FROM audit_seal)
BEGIN
    SELECT RAISE(ABORT, 'audit seals are only appended');
END;
CREATE TRIGGER audit_head_is_one BEFORE INSERT ON audit_head
WHEN EXISTS (SELECT 1 FROM audit_head)
BEGIN
    SELECT RAISE(ABORT, 'there is one audit head');
END;
CREATE TRIGGER audit_record_no_update BEFORE UPDATE ON audit_record
BEGIN
    SELECT RAISE(ABORT, 'audit records are never changed');
END;
CREATE TRIGGER audit_record_no_delete BEFORE DELETE ON audit_record
WHEN OLD.seq > (SELECT COALESCE(MAX(seq), 0) FROM audit_seal)
BEGIN
    SELECT RAISE(ABORT, 'audit records are never deleted');
END;
CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal
BEGIN
    SELECT RAISE(ABORT, 'audit seals are never changed');
END;
CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal
BEGIN
    SELECT RAISE(ABORT, 'audit seals are never deleted');
END;
CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head
WHEN NEW.seq <= OLD.seq OR NEW.id <> OLD.id
BEGIN
    SELECT RAISE(ABORT, 'the audit head only grows');
END;
CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
BEGIN
    SELECT RAISE(ABORT, 'the audit head is never deleted');
END;
