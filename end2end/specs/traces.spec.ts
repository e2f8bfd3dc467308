// Traces: the list, the waterfall of one, and everything about a span.
import type { Page } from '@playwright/test';
import { CLAIMS, SUPPORT } from '../support/fleet.ts';
import { expect, test as base } from '../support/test.ts';

const test = base.extend({ baseURL: async ({ fleet }, use) => use(fleet.sentry.url) });

const SPANS = 30_000;
const MOST_ROWS_DRAWN = 120;

const traces = (page: Page) => page.getByRole('table', { name: 'Traces, newest first' });
const waterfall = (page: Page) => page.locator('.waterfall');
const spanLink = (page: Page, name: string) => waterfall(page).locator('.span-link', { hasText: name });

test('traces are found by agent, by error and by the begin of their id', async ({ page, open, fleet }) => {
  await open('/traces?from=now-1h');
  const form = page.getByRole('search', { name: 'Traces' });
  await form.getByLabel('Agent').selectOption(CLAIMS.name);
  await form.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/agent=claims-triage/);
  const rows = traces(page).locator('tbody tr');
  await expect(rows).toHaveCount(7);
  await expect(rows.first()).toContainText(`invoke_agent ${CLAIMS.name}`);
  await expect(rows.first()).toContainText('2 errors');
  await expect(rows.last()).toContainText('no errors');

  await form.getByLabel('Errors').selectOption('no');
  await form.getByRole('button', { name: 'Filter' }).click();
  await expect(rows).toHaveCount(1);
  await page.getByRole('link', { name: 'Remove Without errors' }).click();
  await expect(rows).toHaveCount(7);

  const { traceId } = fleet.failed[0];
  await open(`/traces?from=now-1h&q=${traceId.slice(0, 31)}`);
  await expect(traces(page).getByRole('link', { name: `invoke_agent ${CLAIMS.name}` }).first()).toHaveAttribute(
    'href',
    new RegExp(`^/traces/[0-9a-f]{31}`),
  );
  await open(`/traces?from=now-1h&q=${traceId}`);
  await expect(rows).toHaveCount(1);
});

test('a trace is a tree over time, and folds', async ({ page, open, fleet }) => {
  const { traceId } = fleet.failed[0];
  await open(`/traces/${traceId}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`invoke_agent ${CLAIMS.name}`);
  await expect(page.locator('.page-subtitle')).toContainText('4 spans, 2 errors');
  const rows = waterfall(page).locator('tr.span-row');
  await expect(rows).toHaveCount(4);
  await expect(rows.nth(1)).toContainText('chat gpt-4o');
  await expect(rows.nth(1)).toContainText('1,000 / 500');
  await expect(rows.nth(1)).toContainText('$0.0125');
  await expect(rows.nth(3)).toContainText('failed');

  await rows.first().locator('.span-fold').click();
  await expect(page).toHaveURL(/fold=/);
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText('3 inside');
  // By keyboard, and with the focus kept.
  await rows.first().locator('.span-link').focus();
  await page.keyboard.press('x');
  await expect(rows).toHaveCount(4);
  await expect(rows.first().locator('.span-link')).toBeFocused();
  await page.keyboard.press('j');
  await expect(rows.nth(1).locator('.span-link')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/span=/);
  await expect(page.getByRole('complementary', { name: 'Span' })).toBeVisible();
  await expect(rows.nth(1)).toHaveClass(/is-selected/);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary', { name: 'Span' })).toBeHidden();
  await expect(page).not.toHaveURL(/span=/);
});

test('a span shows what was said, what was sent and how it was read', async ({ page, open, fleet }) => {
  const { traceId, id } = fleet.failed.at(-1)!;
  await open(`/traces/${traceId}?span=${id}`);
  const span = page.getByRole('complementary', { name: 'Span' });
  await expect(span.getByRole('heading', { level: 2 })).toHaveText('chat gpt-4o');
  await expect(span).toContainText('RateLimitError');
  await expect(span).toContainText('1,000 in, 500 out');
  await expect(span).toContainText('$0.0125, by the table of prices');
  const said = span.getByRole('list', { name: 'Messages' }).getByRole('listitem');
  await expect(said).toHaveText([/^system.*You answer questions/s, /^user.*Which claims/s, /^assistant.*17 and 21/s]);
  const sent = span.getByRole('table', { name: 'Attributes' });
  await expect(sent.getByRole('row', { name: /gen_ai\.usage\.input_tokens/ })).toContainText('1000');
  const read = span.getByRole('table', { name: 'What we normalised' });
  await expect(read.getByRole('row', { name: /gen_ai\.request\.model/ })).toContainText('recognised');
  await span.getByRole('link', { name: 'Close' }).click();
  await expect(span).toBeHidden();
});

test('a tool call shows its arguments, and what is not known is kept', async ({ page, open, fleet }) => {
  const { traceId, id } = fleet.failed[2];
  await open(`/traces/${traceId}?span=${id}`);
  const span = page.getByRole('complementary', { name: 'Span' });
  await expect(span.getByRole('list', { name: 'Messages' })).toContainText('{"state":"open"}');
  await expect(span.getByRole('list', { name: 'Messages' })).toContainText('search_claims');
  await expect(span.getByRole('table', { name: 'What we normalised' }).getByRole('row', { name: /app\.attempt/ })).toContainText(
    'nothing is made of it',
  );
});

test('30,000 spans: only those on screen are drawn, and scrolling stays smooth', async ({ page, open, fleet }) => {
  test.slow(); // each turn of the wheel waits for a frame, which a busy machine draws late
  const spans = fleet.telemetry.largeRun(SUPPORT, 20 * 60_000, SPANS);
  await fleet.telemetry.spans(SUPPORT, spans);
  await open(`/traces/${spans[0].traceId}`);
  await expect(page.locator('.page-subtitle')).toContainText('30,000 spans');
  const rows = waterfall(page).locator('tr.span-row');
  await expect(waterfall(page)).toHaveAttribute('aria-rowcount', String(SPANS + 1), { timeout: 20_000 });
  await expect(async () => {
    const drawn = await rows.count();
    expect(drawn).toBeGreaterThan(10);
    expect(drawn).toBeLessThan(MOST_ROWS_DRAWN);
  }).toPass({ timeout: 10_000 });

  await page.evaluate(() => {
    const seen = { mostRows: 0, frames: 0 };
    (window as unknown as { seen: typeof seen }).seen = seen;
    const frame = (): void => {
      seen.frames += 1;
      seen.mostRows = Math.max(seen.mostRows, document.querySelectorAll('tr.span-row').length);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const frame = page.locator('.waterfall-scroll');
  await frame.hover();
  for (let turn = 0; turn < 40; turn += 1) await page.mouse.wheel(0, 1200);
  await expect.poll(() => frame.evaluate((frame) => frame.scrollTop)).toBeGreaterThan(40_000);
  const seen = await page.evaluate(() => (window as unknown as { seen: { mostRows: number; frames: number } }).seen);
  expect(seen.frames).toBeGreaterThan(10);
  expect(seen.mostRows).toBeLessThan(MOST_ROWS_DRAWN);

  // The last span is there when one lands on it.
  await frame.evaluate((frame) => frame.scrollTo({ top: frame.scrollHeight }));
  const last = waterfall(page).locator(`tr[aria-rowindex="${SPANS + 1}"]`);
  await expect(last).toBeInViewport();
  await expect(last).toContainText(`step-${SPANS - 1}`);
  await last.locator('.span-link').click();
  await expect(page.getByRole('complementary', { name: 'Span' })).toContainText(`step-${SPANS - 1}`);
  expect(await frame.evaluate((frame) => frame.scrollTop), 'the place is kept').toBeGreaterThan(40_000);

  // From the first row on by keyboard.
  await frame.evaluate((frame) => frame.scrollTo({ top: 0 }));
  await expect(waterfall(page).locator('tr[aria-rowindex="2"]')).toBeInViewport();
  await waterfall(page).locator('tr[aria-rowindex="2"] .span-link').focus();
  for (let step = 0; step < 60; step += 1) await page.keyboard.press('j');
  await expect(waterfall(page).locator('tr[aria-rowindex="62"] .span-link')).toBeFocused();
  await expect(waterfall(page).locator('tr[aria-rowindex="62"]')).toBeInViewport();
});

test('a trace that is not there', async ({ open, watch }) => {
  watch.allow(/\b404\b/);
  for (const id of ['f'.repeat(32), 'nothing']) expect((await open(`/traces/${id}`)).status(), id).toBe(404);
});
