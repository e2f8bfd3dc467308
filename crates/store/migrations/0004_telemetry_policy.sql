-- What is done with a project's telemetry, and how many secrets were taken out of it.

ALTER TABLE project ADD COLUMN redaction BIGINT NOT NULL DEFAULT 1;
ALTER TABLE project ADD COLUMN redacted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN keep_spans_days BIGINT NOT NULL DEFAULT 90;
ALTER TABLE project ADD COLUMN keep_metrics_days BIGINT NOT NULL DEFAULT 90;
ALTER TABLE project ADD COLUMN keep_logs_days BIGINT NOT NULL DEFAULT 90;
ALTER TABLE project ADD COLUMN keep_events_days BIGINT NOT NULL DEFAULT 90;
ALTER TABLE project ADD COLUMN keep_minutes_days BIGINT NOT NULL DEFAULT 90;
ALTER TABLE project ADD COLUMN keep_rollups_days BIGINT NOT NULL DEFAULT 365;
