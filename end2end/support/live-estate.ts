// A real configuration: a SQLite file and a catalog over HTTP, polled every second, at the moment of the test.
import fs from 'node:fs';
import path from 'node:path';
import { type Estate, estateAt } from './estate.ts';
import { Lenz } from './lenz.ts';
import { Sentry } from './sentry.ts';
import { WorkflowDatabase } from './workflow-database.ts';

export class LiveEstate {
  private constructor(
    readonly estate: Estate,
    readonly database: WorkflowDatabase,
    readonly lenz: Lenz,
    readonly sentry: Sentry,
  ) {}

  /** Starts all of it with its files in `folder`. */
  static async start(folder: string): Promise<LiveEstate> {
    fs.mkdirSync(folder, { recursive: true });
    const estate = estateAt(new Date());
    const file = path.join(folder, 'workflow.sqlite');
    const database = WorkflowDatabase.create(file, estate.workflow_run_instance, estate.task_instance);
    const lenz = await Lenz.serve(estate.catalog);
    const config = path.join(folder, 'sentry.toml');
    // JSON's strings and lists are TOML's too.
    const essentials = estate.essentials.map((essential) => {
      const settings = Object.entries(essential).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
      return ['[[essentials]]', ...settings].join('\n');
    });
    fs.writeFileSync(config, essentials.join('\n\n'));
    const sentry = await Sentry.start({
      arguments: ['--config', config],
      environment: {
        SENTRY_SQLITE_PATH: file,
        LENZ_API_BASE_URL: lenz.url,
        SENTRY_POLL_TODAY: '1',
        SENTRY_POLL_PAST: '1',
        LENZ_CACHE_TTL: '1',
      },
    });
    return new LiveEstate(estate, database, lenz, sentry);
  }

  /** The board of the estate's date, wherever midnight falls. */
  get board(): string {
    return `${this.sentry.url}/?date=${this.estate.business_date}&phase=ALL`;
  }

  async stop(): Promise<void> {
    await this.sentry.stop();
    await this.lenz.stop();
  }
}
