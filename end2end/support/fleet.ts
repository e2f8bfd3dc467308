// Three agents under observation, at the moment of the reference estate.
import { REFERENCE_ESTATE, REFERENCE_NOW, Sentry } from './sentry.ts';
import { type Agent, type Span, Telemetry } from './telemetry.ts';

/** Does well. */
export const SUPPORT: Agent = {
  name: 'support-copilot',
  environment: 'production',
  team: 'support',
  type: 'assistant',
  model: 'gpt-4o-mini',
};
/** Most of its latest runs failed. */
export const CLAIMS: Agent = {
  name: 'claims-triage',
  environment: 'production',
  team: 'claims',
  type: 'classifier',
  model: 'gpt-4o',
};
/** Asks a model that nobody has a price for. */
export const BATCH: Agent = {
  name: 'batch-watcher',
  environment: 'staging',
  team: 'operations',
  type: 'monitor',
  model: 'our-own-model',
};

const MINUTE_MS = 60_000;

/** A server that the agents have sent to. */
export class Fleet {
  private constructor(
    readonly sentry: Sentry,
    /** To send more. */
    readonly telemetry: Telemetry,
    /** The newest run that failed. */
    readonly failed: Span[],
  ) {}

  static async start(): Promise<Fleet> {
    const sentry = await Sentry.start({ arguments: ['--estate', REFERENCE_ESTATE, '--now', REFERENCE_NOW] });
    const telemetry = await Telemetry.to(sentry, REFERENCE_NOW);
    const every = (minutes: number) => Array.from({ length: 12 }, (_, index) => (12 - index) * minutes - minutes / 2);
    const measured = (busy: number) => (index: number) => ({
      latency_ms: 400 * busy + 40 * (index % 5),
      throughput_req_per_min: 30 + index,
      cpu_usage_percent: 40 + 5 * (index % 4),
      gpu_usage_percent: 55 + index,
      memory_usage_mb: 1_500 + 10 * index,
    });
    await telemetry.spans(SUPPORT, every(5).flatMap((minutes) => telemetry.run(SUPPORT, minutes * MINUTE_MS)));
    await telemetry.metrics(SUPPORT, every(5), measured(1));
    await telemetry.spans(BATCH, every(20).flatMap((minutes) => telemetry.run(BATCH, minutes * MINUTE_MS)));
    const runs = [3.5, 3, 2.5, 2, 1.5, 1, 0.5].map((minutes, index) =>
      telemetry.run(CLAIMS, minutes * MINUTE_MS, index > 0 ? 'RateLimitError' : undefined),
    );
    await telemetry.spans(CLAIMS, runs.flat());
    await telemetry.metrics(CLAIMS, every(1), measured(3));
    return new Fleet(sentry, telemetry, runs.at(-1)!);
  }

  /** The address of an agent's page. */
  async pageOf(agent: Agent): Promise<string> {
    const html = await (await fetch(`${this.sentry.url}/agents`)).text();
    const path = new RegExp(`href="(/agents/[^"?]+)[^"]*"[^>]*>${agent.name}<`).exec(html)?.[1];
    if (path === undefined) throw new Error(`${agent.name} is not on the page of agents`);
    return `${this.sentry.url}${path}`;
  }

  async stop(): Promise<void> {
    await this.sentry.stop();
  }
}
