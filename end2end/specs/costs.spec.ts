// What AI agents cost: by whom, where it goes, and what of it is not known.
import { BATCH, CLAIMS, SUPPORT } from '../support/fleet.ts';
import { expect, test as base } from '../support/test.ts';

const test = base.extend({ baseURL: async ({ fleet }, use) => use(fleet.sentry.url) });

test('costs are added up by agent, model, user, session and day', async ({ page, open }) => {
  await open('/costs');
  const groupings = page.getByRole('navigation', { name: 'Add up by' });
  await expect(groupings.getByRole('link', { name: 'Agent' })).toHaveAttribute('aria-current', 'true');
  const rows = page.getByRole('table', { name: 'Costs' }).locator('tbody tr');
  const names = () => rows.getByRole('rowheader').allInnerTexts();
  // Seven runs of two calls, each 1,000 tokens at 5 and 500 at 15 a million.
  await expect(rows.filter({ hasText: CLAIMS.name })).toContainText('$0.175');
  expect(await names()).toContain(SUPPORT.name);

  await groupings.getByRole('link', { name: 'Model' }).click();
  await expect(page).toHaveURL(/[?&]by=model/);
  await expect.poll(names).toContain('gpt-4o');
  await expect(rows.filter({ hasText: 'our-own-model' })).toContainText('+ 24 unknown');
  await groupings.getByRole('link', { name: 'User' }).click();
  await expect.poll(names).toContain('user-17');
  await groupings.getByRole('link', { name: 'Session' }).click();
  await expect.poll(async () => (await names()).length).toBeGreaterThan(20);
  await groupings.getByRole('link', { name: 'Day' }).click();
  await expect.poll(names).toContain('2026-02-18');
});

test('what has no price is listed, and not counted as nothing', async ({ page, open }) => {
  await open('/costs');
  await expect(page.getByRole('list', { name: 'Calls of unknown cost' })).toContainText('24 calls: No price for our-own-model');
  await expect(page.getByText('24 calls of unknown cost are not in it.')).toBeVisible();
  const row = page.getByRole('table', { name: 'Costs' }).getByRole('row').filter({ hasText: BATCH.name });
  await expect(row).toContainText('+ 24 unknown');
});

test('trend, forecast and prices say what they stand on', async ({ page, open }) => {
  await open('/costs?from=now-1h');
  await expect(page.getByText('Period before')).toBeVisible();
  await expect(page.locator('.forecast')).toContainText(/forecast|it will have cost/);
  const prices = page.getByRole('table', { name: 'Prices of a million tokens, in US dollars' });
  await expect(prices.getByRole('row', { name: /^gpt-4o / })).toContainText('15');
  const chart = page.locator('.time-chart');
  await chart.getByText('As a table', { exact: true }).click();
  await expect(chart.getByRole('table')).toContainText('$');
});

test('an agent leads to its page, a range to its costs', async ({ page, open }) => {
  await open('/costs');
  await page.getByRole('link', { name: '24h', exact: true }).click();
  await expect(page).toHaveURL(/from=now-1d/);
  await page.getByRole('table', { name: 'Costs' }).getByRole('link', { name: CLAIMS.name }).click();
  await expect(page).toHaveURL(/\/agents\/.*from=now-1d/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(CLAIMS.name);
});
