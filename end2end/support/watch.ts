// What a browser complains of while a test runs: console errors and warnings, uncaught errors,
// failed requests, error statuses, and requests to any host but our own servers.
import type { BrowserContext, Request } from '@playwright/test';

/** Requests that a page gives up by itself: what it still loads when it is left, rows scrolled past, downloads. */
const GIVEN_UP = ['/api/live', '/api/chat/', '/api/runs/export', '/api/ui/', '/fonts/', '/favicon', '/pkg/'];

/** A browser without JavaScript blocks the program's own files, and says so: that is no fault of the page. */
const PROGRAM = /\/pkg\/[\w.-]+\.(js|wasm)\b/;

/** What Chromium says where a machine is busy: that a part of the program was fetched seconds before its turn came. */
const LATE = /\/pkg\/\w+\.wasm was preloaded using link preload but not used within a few seconds/;

export class Watch {
  private readonly seen: string[] = [];

  constructor(private readonly javaScriptEnabled: boolean) {}

  private readonly allowed: RegExp[] = [];

  /** Watches every page of `context`, now and later. */
  follow(context: BrowserContext): void {
    context.on('console', (message) => {
      if (['error', 'warning', 'assert'].includes(message.type()) && !LATE.test(message.text())) {
        this.seen.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    context.on('weberror', (error) => this.seen.push(`uncaught: ${error.error().stack ?? error.error().message}`));
    context.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      const ours = hostname === '127.0.0.1' || ['data:', 'blob:', 'about:'].includes(protocol);
      if (!ours) this.seen.push(`request to another host: ${request.url()}`);
    });
    context.on('requestfailed', (request) => {
      if (!isGivenUp(request)) this.seen.push(`request failed: ${request.url()}: ${request.failure()?.errorText}`);
    });
    context.on('response', (response) => {
      if (response.status() >= 400) this.seen.push(`status ${response.status()}: ${response.url()}`);
    });
  }

  /** Complaints that match are what this test provokes. */
  allow(...patterns: RegExp[]): void {
    this.allowed.push(...patterns);
  }

  /** How often the browser refused what the content security policy forbids. */
  refused(): number {
    return this.seen.filter((problem) => problem.includes('Content Security Policy')).length;
  }

  /** Every complaint that nobody allowed. */
  problems(): string[] {
    const ignored = this.javaScriptEnabled ? this.allowed : [...this.allowed, PROGRAM];
    return this.seen.filter((problem) => !ignored.some((pattern) => pattern.test(problem)));
  }
}

function isGivenUp(request: Request): boolean {
  const { pathname } = new URL(request.url());
  return request.failure()?.errorText === 'net::ERR_ABORTED' && GIVEN_UP.some((start) => pathname.startsWith(start));
}
