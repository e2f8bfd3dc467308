// The program under test as a process of its own, on a port that it chooses itself.
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const PROJECT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const REFERENCE_ESTATE = path.join(PROJECT, 'crates/testkit/fixtures/estate.json');
/** The moment that the reference estate is a picture of. */
export const REFERENCE_NOW = '2026-02-18T12:09:40Z';

export const BINARY = process.env.SENTRY_BIN ?? path.join(PROJECT, 'target/release/sentry');
const LOGS = path.join(PROJECT, 'target/logs');
const START_LIMIT_MS = 15_000;
const END_LIMIT_MS = 8_000;

/** What `sentry serve` is given. */
export interface Options {
  arguments?: string[];
  /** The whole environment: nothing of this shell's counts. */
  environment?: Record<string, string>;
  /** 0 for any free one. */
  port?: number;
  /** No file of its own may grow beyond this: as if the disk were full. */
  largestFileKiB?: number;
}

/** A running `sentry serve`. */
export class Sentry {
  private constructor(
    /** `http://127.0.0.1:PORT`, without a slash at the end. */
    readonly url: string,
    /** The one-time link that makes the first owner. */
    readonly setupUrl: string,
    private readonly options: Options,
    /** Its `--data-dir`. */
    readonly data: string,
    private child: ChildProcess,
  ) {}

  /** Starts one with a state of its own and waits until it is ready for requests. */
  static async start(options: Options): Promise<Sentry> {
    const data = fs.mkdtempSync(path.join(os.tmpdir(), 'sentry-browser-test-'));
    const { child, url, setupUrl } = await launch(options, data);
    return new Sentry(url, setupUrl, options, data, child);
  }

  /** Ends it, and what it keeps. */
  async stop(): Promise<void> {
    await this.end();
    fs.rmSync(this.data, { recursive: true, force: true });
  }

  /** Ends it as an operator would, and wants it to end. */
  private async end(): Promise<void> {
    const child = this.child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS);
    await ended;
    clearTimeout(late);
    if (child.signalCode === 'SIGKILL') throw new Error(`sentry did not end within ${END_LIMIT_MS} ms of SIGTERM`);
  }

  /** Starts it again where it was. */
  async restart(): Promise<void> {
    await this.end();
    const { child } = await launch({ ...this.options, port: Number(new URL(this.url).port) }, this.data);
    this.child = child;
  }
}

let started = 0;

interface Launched {
  child: ChildProcess;
  url: string;
  setupUrl: string;
}

async function launch(options: Options, data: string): Promise<Launched> {
  if (!fs.existsSync(BINARY)) throw new Error(`${BINARY} is not there: run make build, or set SENTRY_BIN`);
  const environment: Record<string, string> = { ...options.environment };
  if (process.env.SENTRY_SITE_ROOT) environment.SENTRY_SITE_ROOT = path.resolve(process.env.SENTRY_SITE_ROOT);
  fs.mkdirSync(LOGS, { recursive: true });
  const log = path.join(LOGS, `browser-tests-sentry-${process.pid}-${(started += 1)}.log`);
  const own = ['serve', '--listen', `127.0.0.1:${options.port ?? 0}`, '--data-dir', data];
  const command = [BINARY, ...own, ...(options.arguments ?? [])];
  if (options.largestFileKiB !== undefined) {
    // bash counts in KiB; with the signal ignored a write fails, as it does on a full disk.
    command.unshift('bash', '-c', `trap '' XFSZ; ulimit -f ${options.largestFileKiB}; exec "$0" "$@"`);
  }
  const child = spawn(command[0], command.slice(1), {
    cwd: '/',
    env: environment,
    stdio: ['ignore', 'pipe', fs.openSync(log, 'w')],
  });
  let setupUrl = '';
  const url = await new Promise<string>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`sentry did not start: see ${log}`)), START_LIMIT_MS);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`sentry ended with ${code}: ${fs.readFileSync(log, 'utf8')}`)));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const address = /http:\/\/\S+$/.exec(line)?.[0];
      if (address === undefined) return;
      if (address.includes('/setup/')) {
        setupUrl = address;
        return;
      }
      clearTimeout(limit);
      resolve(address);
    });
  });
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await isReady(url))) {
    if (Date.now() > deadline) throw new Error(`${url} never became ready: see ${log}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { child, url, setupUrl };
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`).catch(() => undefined);
  return answer?.ok === true;
}
