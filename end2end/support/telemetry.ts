// What AI agents send, as their exporters do: spans as OTLP in JSON, and records of metrics.
import type { Sentry } from './sentry.ts';

/** An agent that does not exist. */
export interface Agent {
  name: string;
  environment: string;
  team: string;
  type: string;
  model: string;
}

/** A span; its times are milliseconds before the clock of the server. */
export interface Span {
  traceId: string;
  id: string;
  parentId?: string;
  name: string;
  startedMsAgo: number;
  durationMs: number;
  attributes: Record<string, unknown>;
  /** What failed, where it did. */
  error?: string;
}

const SPANS_A_REQUEST = 5_000;
const METRICS_AT_ONCE = 8;

/** Sends to a server whose clock stands still. */
export class Telemetry {
  private ids = 0;

  private constructor(
    private readonly sentry: Sentry,
    private readonly key: string,
    private readonly nowMs: number,
  ) {}

  /** Makes a key that may only send. */
  static async to(sentry: Sentry, now: string): Promise<Telemetry> {
    const made = await fetch(`${sentry.url}/api/ui/create_key`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ name: 'agents', 'scopes[0]': 'ingest' }),
    });
    const key = /sk_live_\w+/.exec(await made.text())?.[0];
    if (key === undefined) throw new Error(`no key was made: ${made.status}`);
    return new Telemetry(sentry, key, Date.parse(now));
  }

  /** Spans of one agent. */
  async spans(agent: Agent, spans: Span[]): Promise<void> {
    const resource = attributes({
      'service.name': agent.name,
      'deployment.environment.name': agent.environment,
      team: agent.team,
      'agent.type': agent.type,
      'service.version': '1.4.0',
    });
    for (let first = 0; first < spans.length; first += SPANS_A_REQUEST) {
      const some = spans.slice(first, first + SPANS_A_REQUEST).map((span) => this.onTheWire(span));
      const scopeSpans = [{ scope: { name: 'browser-tests' }, spans: some }];
      await this.post('/v1/traces', { resourceSpans: [{ resource: { attributes: resource }, scopeSpans }] });
    }
  }

  /** What an agent measures of itself, once for each of `minutesAgo`. */
  async metrics(agent: Agent, minutesAgo: number[], measured: (index: number) => Record<string, number>): Promise<void> {
    const records = minutesAgo.map((minutes, index) => ({
      agent_id: agent.name,
      timestamp: new Date(this.nowMs - minutes * 60_000).toISOString(),
      ...measured(index),
    }));
    for (let first = 0; first < records.length; first += METRICS_AT_ONCE) {
      const some = records.slice(first, first + METRICS_AT_ONCE);
      await Promise.all(some.map((record) => this.post('/api/v1/metrics', record)));
    }
  }

  /** One run of an agent: it asks its model, runs a tool, and asks its model again. */
  run(agent: Agent, startedMsAgo: number, error?: string): Span[] {
    const traceId = this.id(32);
    const root = this.id(16);
    const conversation = { 'gen_ai.conversation.id': `session-${traceId.slice(-4)}`, 'user.id': 'user-17' };
    const within = (offsetMs: number, durationMs: number) => ({
      traceId,
      id: this.id(16),
      parentId: root,
      startedMsAgo: startedMsAgo - offsetMs,
      durationMs,
    });
    const chat = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': agent.model,
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 500,
      ...conversation,
    };
    const asked = [
      { role: 'system', parts: [{ type: 'text', content: 'You answer questions about claims.' }] },
      { role: 'user', parts: [{ type: 'text', content: 'Which claims are open?' }] },
    ];
    const answered = [{ role: 'assistant', parts: [{ type: 'text', content: 'Two are open: 17 and 21.' }], finish_reason: 'stop' }];
    return [
      {
        traceId,
        id: root,
        name: `invoke_agent ${agent.name}`,
        startedMsAgo,
        durationMs: 2_600,
        attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': agent.name, ...conversation },
        error,
      },
      { ...within(100, 900), name: `chat ${agent.model}`, attributes: chat },
      {
        ...within(1_050, 400),
        name: 'execute_tool search_claims',
        attributes: {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': 'search_claims',
          'gen_ai.tool.call.arguments': '{"state":"open"}',
          'gen_ai.tool.call.result': '[17, 21]',
          'app.attempt': 1,
        },
      },
      {
        ...within(1_500, 1_050),
        name: `chat ${agent.model}`,
        attributes: {
          ...chat,
          'gen_ai.input.messages': JSON.stringify(asked),
          'gen_ai.output.messages': JSON.stringify(answered),
        },
        error,
      },
    ];
  }

  /** One run of `count` spans: tools within agents within agents. */
  largeRun(agent: Agent, startedMsAgo: number, count: number): Span[] {
    const traceId = this.id(32);
    const parents = [this.id(16)];
    const spans: Span[] = [];
    for (let index = 0; index < count; index += 1) {
      const isAgent = index % 40 === 0;
      if (index % 160 === 0) parents.length = 1;
      const id = index === 0 ? parents[0] : this.id(16);
      spans.push({
        traceId,
        id,
        parentId: index === 0 ? undefined : parents.at(-1),
        name: isAgent ? `invoke_agent step-${index}` : `execute_tool step-${index}`,
        startedMsAgo: startedMsAgo - index * 2,
        durationMs: index === 0 ? count * 2 : isAgent ? 80 : 2,
        attributes: { 'gen_ai.operation.name': isAgent ? 'invoke_agent' : 'execute_tool', 'gen_ai.agent.name': agent.name },
      });
      if (isAgent && index > 0) parents.push(id);
    }
    return spans;
  }

  private id(digits: number): string {
    this.ids += 1;
    return this.ids.toString(16).padStart(digits, '0');
  }

  private onTheWire({ traceId, id, parentId, name, startedMsAgo, durationMs, attributes: known, error }: Span): unknown {
    const nanos = (ms: number) => `${BigInt(Math.round(ms)) * 1_000_000n}`;
    const started = this.nowMs - startedMsAgo;
    return {
      traceId,
      spanId: id,
      parentSpanId: parentId ?? '',
      name,
      kind: 1,
      startTimeUnixNano: nanos(started),
      endTimeUnixNano: nanos(started + durationMs),
      attributes: attributes(error === undefined ? known : { ...known, 'error.type': error }),
      status: error === undefined ? {} : { code: 2, message: `${error}: try again later` },
    };
  }

  private async post(path: string, body: unknown): Promise<void> {
    const answer = await fetch(`${this.sentry.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }
}

function attributes(known: Record<string, unknown>): unknown[] {
  return Object.entries(known).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
}
