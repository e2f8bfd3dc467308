// AI agents: which are up, and how one of them does.
import type { Page } from '@playwright/test';
import { BATCH, CLAIMS, SUPPORT } from '../support/fleet.ts';
import { expect, test as base } from '../support/test.ts';

const test = base.extend({ baseURL: async ({ fleet }, use) => use(fleet.sentry.url) });

const agents = (page: Page) => page.getByRole('list', { name: 'Agents', exact: true });
const namesShown = (page: Page) => agents(page).getByRole('heading', { level: 3 }).allInnerTexts();
const cardOf = (page: Page, name: string) =>
  agents(page).locator('article').filter({ has: page.getByRole('heading', { name, exact: true }) });

test('which agents are up, and what each does', async ({ page, open }) => {
  await open('/agents');
  const byStatus = page.getByRole('list', { name: 'Agents by status' });
  const down = byStatus.getByRole('link', { name: 'Down: failing' });
  await expect(byStatus.getByRole('link', { name: 'Up' })).toContainText('2');
  await expect(down).toContainText('1');
  expect(await namesShown(page), 'what is down comes first').toEqual([CLAIMS.name, BATCH.name, SUPPORT.name]);

  const claims = cardOf(page, CLAIMS.name);
  await expect(claims).toContainText('Down: failing');
  const support = cardOf(page, SUPPORT.name);
  await expect(support).toContainText('Up');
  for (const fact of [SUPPORT.environment, SUPPORT.team, SUPPORT.type, '1.4.0']) await expect(support).toContainText(fact);
  await expect(support.getByRole('img', { name: /^CPU: between \d/ })).toBeVisible();
  await expect(support.getByRole('img', { name: /^GPU: between \d/ })).toBeVisible();
  await expect(page.getByText('Showing 3 of 3 agents')).toBeVisible();

  await down.click();
  await expect(page).toHaveURL(/[?&]status=error/);
  await expect(down).toHaveAttribute('aria-current', 'true');
  await expect.poll(() => namesShown(page)).toEqual([CLAIMS.name]);
  await page.getByRole('link', { name: 'Remove Status: Down: failing' }).click();
  await expect.poll(() => namesShown(page)).toHaveLength(3);
});

test('filters and order stand in the address', async ({ page, open }) => {
  await open('/agents');
  const form = page.getByRole('search', { name: 'Agents' });
  await form.getByLabel('Team').selectOption(SUPPORT.team);
  await form.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/[?&]team=support/);
  await expect.poll(() => namesShown(page)).toEqual([SUPPORT.name]);
  await expect(page.getByText('Showing 1 of 3 agents')).toBeVisible();
  await page.getByRole('link', { name: 'Clear Filters' }).click();
  await expect.poll(() => namesShown(page)).toHaveLength(3);
  await expect(form.getByLabel('Team')).toHaveValue('');

  await open('/agents?environment=production&sort=-name');
  expect(await namesShown(page)).toEqual([SUPPORT.name, CLAIMS.name]);
  await expect(form.getByLabel('Environment')).toHaveValue('production');
  await expect(form.getByLabel('Sort by')).toHaveValue('-name');
  await form.getByLabel('Search').fill('claims');
  await form.getByLabel('Search').press('Enter');
  await expect.poll(() => namesShown(page)).toEqual([CLAIMS.name]);
  await expect(page).toHaveURL(/environment=production/);

  await open('/agents?q=nobody');
  await expect(page.getByText('No agent matches')).toBeVisible();
});

test('a malformed filter is named', async ({ page, open, watch }) => {
  watch.allow(/\b400\b/);
  expect((await open('/agents?max_latency_ms=fast')).status()).toBe(400);
  await expect(page.getByRole('alert')).toContainText('max_latency_ms');
});

test('a preset is kept in this browser', async ({ page, open }) => {
  await open('/agents?team=claims');
  await page.locator('.presets > summary').click();
  await page.getByLabel('Preset Name').fill('ours');
  await page.getByRole('button', { name: 'Save Preset' }).click();
  await open('/agents');
  await expect.poll(() => namesShown(page)).toHaveLength(3);
  await page.locator('.presets > summary').click();
  await page.getByRole('link', { name: 'ours', exact: true }).click();
  await expect(page).toHaveURL(/[?&]team=claims/);
  await expect.poll(() => namesShown(page)).toEqual([CLAIMS.name]);
  await page.getByRole('button', { name: 'Forget preset ours' }).click();
  await expect(page.getByRole('link', { name: 'ours', exact: true })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(page.getByLabel('Preset Name')).toBeHidden();
});

test('an agent in depth: status, charts, errors, models, traces, diagnosis', async ({ page, open }) => {
  await open('/agents');
  await agents(page).getByRole('link', { name: CLAIMS.name }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(CLAIMS.name);
  await expect(page).toHaveTitle(`${CLAIMS.name}: agent — SENTRY`);
  const card = (title: string) =>
    page.locator('.section-card').filter({ has: page.getByRole('heading', { name: title, exact: true, level: 2 }) });
  await expect(card('Agent')).toContainText('Down: failing');
  await expect(card('Agent')).toContainText(CLAIMS.team);
  await expect(page.getByRole('table', { name: 'Errors' }).getByRole('row').nth(1)).toContainText('RateLimitError');
  await expect(page.getByRole('table', { name: 'Models' })).toContainText('gpt-4o');
  await expect(card('Status changes').locator('li').first()).toContainText('Down: failing');
  await expect(card('Diagnosis')).toContainText('of 100');
  await expect(card('Diagnosis').getByRole('table', { name: 'Health' })).toContainText('measurements');

  // The newest trace of its table.
  const newest = page.getByRole('table', { name: 'Traces, newest first' }).getByRole('link').first();
  await newest.click();
  await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}/);
});

test('a chart is a table too, and compares with the period before', async ({ page, open, fleet }) => {
  await open(`${await fleet.pageOf(SUPPORT)}?from=now-30m`);
  const latency = page.locator('.time-chart').filter({ has: page.getByRole('heading', { name: 'Latency', exact: true }) });
  await expect(latency.locator('.chart-keys')).toContainText('p95');
  await expect(latency.locator('.chart-keys')).toContainText('period before');
  await latency.getByText('As a table', { exact: true }).click();
  const table = latency.getByRole('table', { name: 'Latency, as a table' });
  await expect(table.getByRole('columnheader')).toContainText(['From', 'p50', 'p95', 'p99', 'mean', 'period before']);
  await expect(table.getByRole('row').nth(1)).toContainText(/2026-02-18 1[12]:\d\d:00 UTC.* s/);
});

test('drawing over a chart looks closer, in the address too', async ({ page, open, fleet }) => {
  await open(await fleet.pageOf(SUPPORT));
  await expect(page.getByRole('link', { name: '6h', exact: true })).toHaveAttribute('aria-current', 'true');
  const plot = page.locator('.brush').first();
  await plot.scrollIntoViewIfNeeded();
  const box = (await plot.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.75, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.85, box.y + 60, { steps: 4 });
  await expect(plot.locator('.brush-mark rect')).toBeVisible();
  await page.mouse.move(box.x + box.width + 200, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await expect(page).toHaveURL(/from=2026-02-18T1\d/);
  const chosen = new URL(page.url()).searchParams;
  const hours = (Date.parse(chosen.get('to')!) - Date.parse(chosen.get('from')!)) / 3_600_000;
  expect(hours).toBeGreaterThan(1.2);
  expect(hours).toBeLessThan(1.8);
  await expect(page.locator('.chart-mark', { hasText: '12:0' }).first()).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('link', { name: '6h', exact: true })).toHaveAttribute('aria-current', 'true');
});

test('any range can be typed', async ({ page, open, fleet }) => {
  await open(await fleet.pageOf(SUPPORT));
  await page.getByText('Custom range').click();
  await page.getByLabel('Start (UTC)').fill('2026-02-18T11:00');
  await page.getByLabel('End (UTC)').fill('2026-02-18T11:30');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page).toHaveURL(/from=2026-02-18T11/);
  await expect(page.locator('.chart-mark', { hasText: '11:00' }).first()).toBeVisible();
});

test('an agent that is not there', async ({ open, watch }) => {
  watch.allow(/\b404\b/);
  for (const id of ['11111111-1111-1111-1111-111111111111', 'nobody']) {
    expect((await open(`/agents/${id}`)).status(), id).toBe(404);
  }
});
