-- Texts compare byte by byte, as on SQLite.
CREATE TABLE audit_record (
    seq BIGINT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    body TEXT NOT NULL,
    hash TEXT NOT NULL,
    action TEXT COLLATE "C" GENERATED ALWAYS AS (body::json ->> 'action') STORED,
    actor TEXT COLLATE "C" GENERATED ALWAYS AS (body::json ->> 'actor') STORED,
    object TEXT COLLATE "C" GENERATED ALWAYS AS (body::json ->> 'object') STORED,
    project TEXT COLLATE "C" GENERATED ALWAYS AS (body::json ->> 'project') STORED,
    result TEXT COLLATE "C" GENERATED ALWAYS AS (body::json ->> 'result') STORED
);
CREATE INDEX audit_record_at ON audit_record (at_ms, seq);
CREATE INDEX audit_record_action ON audit_record (action, seq);
CREATE INDEX audit_record_actor ON audit_record (actor, seq);
CREATE INDEX audit_record_object ON audit_record (object, seq);

CREATE TABLE audit_head (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE audit_seal (
    seq BIGINT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL,
    records BIGINT NOT NULL,
    file_sha256 TEXT NOT NULL,
    sealed_at BIGINT NOT NULL
);

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the audit trail only grows', TG_OP, TG_TABLE_NAME;
END
$$;
CREATE FUNCTION audit_record_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.seq > (SELECT COALESCE(MAX(seq), 0) FROM audit_seal) THEN
        RAISE EXCEPTION 'audit records are never deleted';
    END IF;
    RETURN OLD;
END
$$;
CREATE FUNCTION audit_head_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq <= OLD.seq OR NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'the audit head only grows';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER audit_record_no_update BEFORE UPDATE ON audit_record
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_record_no_delete BEFORE DELETE ON audit_record
    FOR EACH ROW EXECUTE FUNCTION audit_record_delete();
CREATE TRIGGER audit_record_no_truncate BEFORE TRUNCATE ON audit_record
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_seal_no_change BEFORE UPDATE OR DELETE ON audit_seal
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_seal_no_truncate BEFORE TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_head_update();
CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
