// A SQLite file with both tables of the estate, changed with real SQL while SENTRY reads it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Row } from './estate.ts';

const PROGRAM = path.join(path.dirname(fileURLToPath(import.meta.url)), 'sqlite.py');

const SCHEMA = [
  `CREATE TABLE WORKFLOW_RUN_INSTANCE (
    WORKFLOW_RUN_INSTANCE_KEY INTEGER PRIMARY KEY, WORKFLOW_KEY INTEGER NOT NULL, WORKFLOW_ID TEXT NOT NULL,
    DAG_ID TEXT, DAG_RUN_ID TEXT, STATUS TEXT, STATUS_DETAIL TEXT, CREATED_DATE TEXT NOT NULL,
    UPDATED_DATE TEXT NOT NULL, BUSINESS_DATE TEXT, OUTPUT_DATASET_ID TEXT, TRIGGER_TYPE TEXT, TRIGGER_VALUE TEXT)`,
  'CREATE INDEX WORKFLOW_RUN_INSTANCE_BUSINESS_DATE ON WORKFLOW_RUN_INSTANCE (BUSINESS_DATE)',
  `CREATE TABLE task_instance (
    task_id TEXT NOT NULL, dag_id TEXT NOT NULL, run_id TEXT NOT NULL, map_index INTEGER NOT NULL DEFAULT -1,
    start_date TEXT, end_date TEXT, duration REAL, state TEXT, try_number INTEGER, max_tries INTEGER DEFAULT -1,
    hostname TEXT, operator TEXT, task_display_name TEXT, PRIMARY KEY (dag_id, task_id, run_id, map_index))`,
];

interface Statement {
  sql: string;
  rows: unknown[][];
}

export class WorkflowDatabase {
  private constructor(readonly path: string) {}

  /** Creates the file with these rows. */
  static create(file: string, runs: Row[], tasks: Row[]): WorkflowDatabase {
    fs.rmSync(file, { force: true });
    const database = new WorkflowDatabase(file);
    const schema = SCHEMA.map((sql) => ({ sql, rows: [[]] }));
    database.run([...schema, insert('WORKFLOW_RUN_INSTANCE', runs), insert('task_instance', tasks)]);
    return database;
  }

  /** Runs one statement; answers how many rows it changed. */
  execute(sql: string, ...values: unknown[]): number {
    return this.run([{ sql, rows: [values] }]);
  }

  private run(statements: Statement[]): number {
    const input = JSON.stringify(statements);
    return Number(execFileSync('python3', [PROGRAM, this.path], { input, encoding: 'utf8' }));
  }
}

function insert(table: string, rows: Row[]): Statement {
  const columns = Object.keys(rows[0]);
  const marks = columns.map(() => '?').join(', ');
  return {
    sql: `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`,
    rows: rows.map((row) => columns.map((column) => row[column])),
  };
}
