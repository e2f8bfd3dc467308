// The reference estate as data, and estates made from it.
import fs from 'node:fs';
import { REFERENCE_ESTATE, REFERENCE_NOW } from './sentry.ts';

export type Row = Record<string, string | number | null>;

export interface EssentialSettings {
  name: string;
  display_name: string;
  aliases: string[];
  depends_on: string[];
}

export interface Estate {
  now: string;
  business_date: string;
  environment: string;
  essentials: EssentialSettings[];
  catalog: Record<string, unknown>;
  workflow_run_instance: Row[];
  task_instance: Row[];
}

export function referenceEstate(): Estate {
  return JSON.parse(fs.readFileSync(REFERENCE_ESTATE, 'utf8')) as Estate;
}

/** The reference estate as if its moment were `now`: every time is moved, the business date is that day's. */
export function estateAt(now: Date): Estate {
  const estate = referenceEstate();
  const businessDate = now.toISOString().slice(0, 10);
  const shift = now.getTime() - Date.parse(REFERENCE_NOW);
  const moved = (value: Row[string], column: string): Row[string] => {
    if (typeof value !== 'string') return value;
    if (column === 'BUSINESS_DATE') return businessDate;
    if (/_date$/i.test(column)) return new Date(Date.parse(value) + shift).toISOString().replace(/\.\d+Z$/, 'Z');
    return value.replaceAll(estate.business_date, businessDate);
  };
  const move = (row: Row): Row =>
    Object.fromEntries(Object.entries(row).map(([column, value]) => [column, moved(value, column)]));
  return {
    ...estate,
    now: now.toISOString(),
    business_date: businessDate,
    workflow_run_instance: estate.workflow_run_instance.map(move),
    task_instance: estate.task_instance.map(move),
  };
}

/** The reference estate with `count` runs of the same datasets in as many slices as that takes, and no tasks. */
export function estateOfRuns(count: number): Estate {
  const estate = referenceEstate();
  const models = new Map<unknown, Row>();
  for (const run of estate.workflow_run_instance) {
    if (run.TRIGGER_TYPE === 'ProcessTrigger') models.set(run.OUTPUT_DATASET_ID, run);
  }
  const datasets = [...models.values()];
  const slices = Array.from({ length: Math.ceil(count / datasets.length) }, (_, index) => `BULK-SLICE-${index + 1}`);
  const first = Date.parse(`${estate.business_date}T00:00:00Z`);
  const at = (second: number): string => new Date(first + second * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  const runs = Array.from({ length: count }, (_, index): Row => {
    const model = datasets[index % datasets.length];
    const slice = slices[Math.floor(index / datasets.length)];
    const failed = index % 97 === 0;
    const runId = `FGW_${model.DAG_ID}_${estate.business_date}_${slice}_${1_771_370_000_000 + index}`;
    return {
      ...model,
      WORKFLOW_RUN_INSTANCE_KEY: 5_000_000 + index,
      DAG_RUN_ID: runId,
      STATUS: failed ? 'FAILED' : 'SUCCESS',
      STATUS_DETAIL: `${model.DAG_ID} ${runId} ${failed ? 'failed' : 'completed with SUCCESS'}`,
      CREATED_DATE: at(index),
      UPDATED_DATE: at(index + 600),
    };
  });
  const catalog = JSON.parse(JSON.stringify(estate.catalog), (key, value: unknown) =>
    key === 'sliceGroups' ? { slices } : value,
  ) as Estate['catalog'];
  return { ...estate, catalog, workflow_run_instance: runs, task_instance: [] };
}
