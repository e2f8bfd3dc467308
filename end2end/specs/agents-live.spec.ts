// The first event of an agent, what comes after it, and what can be taken away as a file.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { PROJECT, Sentry } from '../support/sentry.ts';
import { test as base, expect } from '../support/test.ts';

const run = promisify(execFile);

/** A server of its own for each test, by the machine's clock and without any agent. */
const test = base.extend<{ own: Sentry }>({
  own: async ({}, use) => {
    const sentry = await Sentry.start({});
    await use(sentry);
    await sentry.stop();
  },
  baseURL: async ({ own }, use) => use(own.url),
});

const connection = (page: Page) => page.locator('.connection');

/** Sends an event as an agent does. */
async function send(own: Sentry, agent: string, type: string, body: object, context: object = {}): Promise<void> {
  const answer = await fetch(`${own.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type, sdk: { name: 'test', version: '1' }, context: { agent, ...context }, body }),
  });
  expect(answer.status, await answer.clone().text()).toBe(202);
}

const log = (own: Sentry, agent: string, message: string, level = 'info') => send(own, agent, 'log', { level, message });

/** What runs the snippet of each tab. */
const WAYS: Record<string, (code: string) => Promise<unknown>> = {
  'OpenTelemetry Python': (code) => run(path.join(PROJECT, 'target/python/clients/bin/python'), ['-c', code]),
  'OpenTelemetry JavaScript': (code) =>
    run(process.execPath, ['--input-type=module', '-e', code], { cwd: path.join(PROJECT, 'end2end/clients/node') }),
  'sentryai (Python)': (code) =>
    run(path.join(PROJECT, 'target/python/sdk/bin/python'), ['-c', code], {
      env: { ...process.env, PYTHONPATH: path.join(PROJECT, 'sdk/python/src') },
    }),
  curl: (code) => run('bash', ['-c', code]),
};

for (const [name, runSnippet] of Object.entries(WAYS)) {
  test(`the snippet for ${name} sends the first event with a key made in place`, async ({ page, open }) => {
    await open('/agents');
    const status = page.locator('.first-event');
    await expect(status).toHaveText('Waiting for the first event…');
    await page.getByRole('radiogroup', { name: 'Send with' }).getByText(name, { exact: true }).click();
    const code = page.locator('.way:visible pre');
    await expect(code).toContainText('YOUR_KEY');
    await page.getByRole('button', { name: 'Create a key' }).click();
    await expect(page.getByText('shown now and never again')).toBeVisible();
    await expect(code).not.toContainText('YOUR_KEY');
    await expect(connection(page)).toHaveAttribute('data-state', 'live');
    await runSnippet(await code.innerText());

    await expect(status).toContainText('The first event has come');
    await expect(status).toHaveClass(/has-come/);
    await status.getByRole('link', { name: 'Open my-agent' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'my-agent' })).toBeVisible();
  });
}

test('what agents send shows by itself, and the dot says when it does not', async ({ own, page, open, watch }) => {
  await log(own, 'planner', 'hello');
  await open('/agents');
  await expect(connection(page)).toHaveAttribute('data-state', 'live');
  await page.evaluate(() => {
    (window as unknown as { sameDocument: boolean }).sameDocument = true;
  });
  await log(own, 'writer', 'hello');
  await expect(page.getByRole('list', { name: 'Agents' }).getByRole('link', { name: 'writer' })).toBeVisible({ timeout: 4_000 });

  watch.allow(/api\/live/, /api\/ui/, /ERR_CONNECTION_REFUSED/);
  await own.restart();
  await log(own, 'reader', 'hello');
  await expect(connection(page)).toHaveAttribute('data-state', 'live', { timeout: 30_000 });
  await expect(page.getByRole('list', { name: 'Agents' }).getByRole('link', { name: 'reader' })).toBeVisible({ timeout: 20_000 });
  expect(await page.evaluate(() => 'sameDocument' in window), 'the page was not loaded again').toBe(true);
});

test('events are listed by time, filtered by the address, and each opens', async ({ own, page, open }) => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  await log(own, 'planner', 'it begins');
  await log(own, 'planner', 'the quota is nearly used up', 'warn');
  await send(own, 'writer', 'tool_call', { toolName: 'search', arguments: { q: '<b>x</b>' } }, { session: 's-1', traceId });
  await send(own, 'writer', 'error', { message: 'it broke' });
  await open('/events');
  const entries = page.getByRole('list', { name: 'Events, newest first' }).locator('.timeline-entry');
  const kinds = page.getByRole('navigation', { name: 'Kinds of events' });
  await expect(entries.filter({ hasText: 'it broke' })).toHaveCount(1);
  await expect(entries.filter({ hasText: 'Status change' }).first()).toContainText('running');

  await kinds.getByRole('link', { name: 'Log', exact: true }).click();
  await expect(page).toHaveURL(/[?&]types=log/);
  await expect(entries).toHaveCount(2);
  await kinds.getByRole('link', { name: 'Tool call', exact: true }).click();
  await expect(page).toHaveURL(/types=log%2Ctool_call|types=log,tool_call/);
  await expect(entries).toHaveCount(3);
  await open('/events?severity=warn&agent=planner&types=log');
  await expect(entries).toHaveCount(1);
  await expect(entries.first()).toContainText('warning');
  await open('/events?q=QUOTA');
  await expect(entries).toHaveCount(1);

  await open('/events?types=tool_call');
  await entries.first().locator('summary').click();
  await expect(entries.first().getByRole('region', { name: 'Raw JSON' })).toContainText('"<b>x</b>"');
  await expect(entries.first().getByRole('link', { name: /^Trace 0af7651916cd/ })).toHaveAttribute('href', `/traces/${traceId}`);
  await expect(entries.first().getByRole('link', { name: 'Session s-1' })).toHaveAttribute('href', '/traces?session=s-1');
  // What comes meanwhile does not close it.
  await send(own, 'writer', 'tool_call', { toolName: 'open', arguments: {} });
  await expect(entries).toHaveCount(2);
  await expect(entries.filter({ hasText: 'search' }).getByRole('region', { name: 'Raw JSON' })).toBeVisible();

  const html = await (await fetch(`${own.url}/events?types=error`)).text();
  expect(html, 'the server renders it').toContain('it broke');
  const refused = await fetch(`${own.url}/events?types=nonsense`);
  expect(refused.status).toBe(400);
});

test('an export opens by keyboard, tells how far it is, and gives the focus back', async ({ own, page, open, watch }) => {
  await send(own, 'planner', 'error', { message: '=1+1' });
  await send(own, 'planner', 'log', { level: 'info', message: 'one' });
  await open('/events?from=now-1h');
  const opener = page.getByRole('link', { name: 'Export…' });
  const dialog = page.getByRole('dialog', { name: 'Export' });
  await opener.focus();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeVisible();
  await expect(dialog.getByLabel('Records')).toHaveValue('events');
  await expect(dialog.getByLabel('From (UTC)')).toHaveValue('now-1h');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();

  await page.keyboard.press('Enter');
  for (const [label, end, rows] of [['CSV', 'csv', 3], ['JSON lines', 'jsonl', 2]] as const) {
    await dialog.getByLabel(label, { exact: true }).check();
    const downloading = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Export' }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(new RegExp(`^events_.*\\.${end}$`));
    const lines = fs.readFileSync((await download.path())!, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(rows);
    await expect(dialog.getByRole('status')).toContainText('Done: 2');
  }
  watch.allow(/\b400\b/);
  await dialog.getByLabel('From (UTC)').fill('yesterday');
  await dialog.getByRole('button', { name: 'Export' }).click();
  await expect(dialog.getByRole('status')).toContainText(/start_date/i);
});

test('the new pages are usable with the keyboard, in the dark, and without a script', async ({ own, page, open, browser }) => {
  await log(own, 'planner', 'hello');
  await page.emulateMedia({ colorScheme: 'dark' });
  for (const width of [1280, 1440, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    for (const address of ['/events', '/agents']) {
      await open(address);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow, `${address} at ${width}`).toBeLessThanOrEqual(0);
    }
  }
  const without = await (await browser.newContext({ javaScriptEnabled: false, baseURL: own.url })).newPage();
  await without.goto('/events');
  await expect(without.locator('.timeline-entry').first()).toContainText('hello');
  await expect(without.getByRole('link', { name: 'Export…' })).toHaveAttribute('href', /^\/api\/v1\/export\?data_type=events/);
  await without.close();
});
