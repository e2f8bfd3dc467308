// Changes in the sources reach an open page by themselves, and touch only what changed.
import type { Page } from '@playwright/test';
import { arrowOf, board, cards, rowOf, rowsShown } from '../support/board.ts';
import { LiveEstate } from '../support/live-estate.ts';
import { hydrated, test as base, expect } from '../support/test.ts';

const test = base.extend<{ live: LiveEstate }>({
  live: async ({}, use, testInfo) => {
    const live = await LiveEstate.start(testInfo.outputPath('estate'));
    await use(live);
    await live.stop();
  },
});

const connection = (page: Page) => page.locator('.connection');
const banner = (page: Page) => page.locator('.sources-banner');

/** Waits until the page follows the server. */
const followed = (page: Page) => expect(connection(page)).toHaveAttribute('data-state', 'live');

/** From now on the page notes which cells and cards change, and every element is marked to know it again. */
async function noteChanges(page: Page): Promise<void> {
  await page.evaluate(() => {
    const notes = window as unknown as { changed: Set<string>; marked: Element[] };
    notes.changed = new Set();
    notes.marked = [...document.querySelectorAll('.board-table *, .summary-cards *')];
    const name = (node: Node): string => {
      const element = node instanceof Element ? node : node.parentElement!;
      const row = element.closest('tr.board-row');
      if (row !== null) {
        const cell = [...row.children].findIndex((cell) => cell.contains(element));
        const heading = document.querySelectorAll<HTMLElement>('.board-table > thead th')[cell];
        const column = heading?.innerText.trim().toLowerCase();
        return `${row.querySelector('.essential-link')!.textContent}: ${column ?? 'the row itself'}`;
      }
      const card = element.closest('.summary-card');
      if (card !== null) return `card ${card.querySelector('.summary-card-label')!.textContent}`;
      return element.className;
    };
    new MutationObserver((records) => {
      for (const { target } of records) notes.changed.add(name(target));
    }).observe(document.querySelector('main')!, { subtree: true, childList: true, characterData: true, attributes: true });
  });
}

/** What changed since, but for the parts that only say how old things are. */
const changed = (page: Page): Promise<string[]> =>
  page.evaluate(() => [...(window as unknown as { changed: Set<string> }).changed].sort());

/** Elements of board and cards that are no longer in the page. */
const replaced = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    (window as unknown as { marked: Element[] }).marked
      .filter((element) => !element.isConnected)
      .map((element) => element.outerHTML.slice(0, 120)),
  );

test('a changed row changes its cell, and nothing else', async ({ page, live, open }) => {
  await open(live.board);
  await arrowOf(page, 'SECURITIES').click();
  await expect(page.getByRole('table', { name: 'Datasets' }).locator('tbody tr')).toHaveCount(8);
  await followed(page);
  const before = await rowsShown(page);
  await page.evaluate(() => {
    (window as unknown as { sameDocument: boolean }).sameDocument = true;
  });
  await noteChanges(page);

  // One slice of SNU ends a minute later than it did.
  const [last] = live.estate.workflow_run_instance
    .filter((run) => /\.snu[.-]/.test(String(run.OUTPUT_DATASET_ID)) && run.TRIGGER_TYPE === 'RerunTrigger')
    .toSorted((a, b) => String(b.UPDATED_DATE).localeCompare(String(a.UPDATED_DATE)));
  const later = new Date(Date.parse(String(last.UPDATED_DATE)) + 60_000).toISOString().replace(/\.\d+Z$/, 'Z');
  const rows = live.database.execute(
    'UPDATE WORKFLOW_RUN_INSTANCE SET UPDATED_DATE = ? WHERE WORKFLOW_RUN_INSTANCE_KEY = ?',
    later,
    last.WORKFLOW_RUN_INSTANCE_KEY,
  );
  expect(rows).toBe(1);

  await expect(rowOf(page, 'SNU').locator('td').nth(6)).toHaveText(later.slice(11, 19));
  expect(await changed(page)).toEqual(['SNU: last updated']);
  expect(await replaced(page)).toEqual([]);
  const wanted = before.map((row) => (row.name === 'SNU' ? { ...row, updated: later.slice(11, 19) } : row));
  expect(await rowsShown(page)).toEqual(wanted);
  expect(await page.evaluate(() => 'sameDocument' in window), 'the page was not loaded again').toBe(true);
});

test('a failure shows within a poll; scroll, focus and open rows stay', async ({ page, live, open }) => {
  await page.setViewportSize({ width: 1440, height: 500 });
  await open(live.board);
  await arrowOf(page, 'DERIVATIVES').click();
  const datasets = page.getByRole('table', { name: 'Datasets' });
  await expect(datasets.locator('tbody tr')).toHaveCount(6);
  await followed(page);
  const link = board(page).getByRole('link', { name: 'PBSynthetics', exact: true });
  await link.focus();
  const scroller = page.locator('main');
  await scroller.evaluate((main) => main.scrollTo({ top: 150 }));
  expect(await scroller.evaluate((main) => main.scrollTop)).toBe(150);
  const before = await rowsShown(page);
  await noteChanges(page);

  const rows = live.database.execute(
    `UPDATE WORKFLOW_RUN_INSTANCE SET STATUS = 'FAILED' WHERE DAG_RUN_ID LIKE 'FGW_contractual_cf_V2_%' AND STATUS = 'RUNNING'`,
  );
  expect(rows).toBe(3);

  await expect(rowOf(page, 'DERIVATIVES')).toContainText('FAILED', { timeout: 3_000 });
  await expect(datasets.getByRole('row', { name: /contractual_cf_V2/ })).toContainText('FAILED');
  await expect(datasets.getByRole('row', { name: /sls_aws_details_V2/ })).toContainText('blocked by step 3');
  await expect.poll(() => cards(page)).toEqual(['9', '5', '1', '2', '1']);
  await expect(page.locator('[aria-live=polite]').filter({ hasText: 'DERIVATIVES is FAILED' })).toHaveCount(1);
  await expect(page).toHaveTitle(/1 running, 2 failed of 9/);

  expect(await scroller.evaluate((main) => main.scrollTop)).toBe(150);
  await expect(link).toBeFocused();
  await expect(arrowOf(page, 'DERIVATIVES')).toHaveAttribute('aria-expanded', 'true');
  const others = (await changed(page)).filter((name) => /^[^:]+: /.test(name) && !name.startsWith('DERIVATIVES: '));
  expect(others, 'other rows are not touched').toEqual([]);
  expect((await rowsShown(page)).filter((row) => row.name !== 'DERIVATIVES')).toEqual(
    before.filter((row) => row.name !== 'DERIVATIVES'),
  );
});

test('the other pages follow too', async ({ page, live, open }) => {
  const at = live.estate.business_date;
  const pages = {
    essential: `${live.sentry.url}/essentials/TB-Collateral?date=${at}`,
    explorer: `${live.sentry.url}/explorer?date=${at}&q=COLLATERAL_EMEA%20stage_10&sort=-started`,
    failures: `${live.sentry.url}/rca?date=${at}`,
  };
  const explorer = await page.context().newPage();
  const failures = await page.context().newPage();
  await open(pages.essential);
  await open(pages.explorer, explorer);
  await open(pages.failures, failures);
  for (const one of [page, explorer, failures]) await followed(one);
  await expect(explorer.locator('tr.explorer-row').first()).toContainText('RUNNING');
  live.database.execute(
    `UPDATE WORKFLOW_RUN_INSTANCE SET STATUS = 'FAILED' WHERE DAG_RUN_ID LIKE '%collateral_stage_10_v1_V2%' AND STATUS = 'RUNNING'`,
  );
  await expect(page.getByRole('heading', { level: 1 })).toContainText('FAILED');
  await expect(explorer.locator('tr.explorer-row').first()).toContainText('FAILED');
  await expect(failures.locator('.failures-essential').filter({ hasText: 'COLLATERAL' })).toBeVisible();
});

test('a source that is down says so, with the age of what is shown, until it is back', async ({ page, live, open }) => {
  await open(live.board);
  await followed(page);
  const before = await rowsShown(page);
  live.database.execute('ALTER TABLE WORKFLOW_RUN_INSTANCE RENAME TO elsewhere');
  await expect(banner(page)).toContainText('A source is down. What is shown is from');
  await expect(banner(page)).toContainText(/last answered at \d\d:\d\d:\d\d \(\d+s ago\)/);
  await expect(connection(page)).toHaveAttribute('data-state', 'stale');
  await expect(connection(page)).toContainText('stale');
  // The age grows.
  await expect(banner(page)).toContainText(/\([3-9]s old\)/);
  expect(await rowsShown(page), 'the last board stays').toEqual(before);
  // Somebody who comes now sees the same.
  const other = await page.context().newPage();
  await open(live.board, other);
  await expect(banner(other)).toContainText('A source is down');
  expect(await rowsShown(other)).toEqual(before);
  const health = await fetch(`${live.sentry.url}/api/health`);
  expect(health.status).toBe(503);

  live.database.execute('ALTER TABLE elsewhere RENAME TO WORKFLOW_RUN_INSTANCE');
  await expect(banner(page)).toHaveCount(0, { timeout: 30_000 });
  await expect(connection(page)).toHaveAttribute('data-state', 'live');
  await expect(banner(other)).toHaveCount(0);
});

test('a catalog that is down is kept and said', async ({ page, live, open }) => {
  await open(live.board);
  await followed(page);
  const before = await rowsShown(page);
  await live.lenz.stop();
  // Answers that have grown old are looked for every 15 seconds.
  await expect(banner(page)).toContainText('catalog', { timeout: 25_000 });
  expect(await rowsShown(page)).toEqual(before);
});

test('the dot tells when the server is gone and when it is back', async ({ page, live, open, watch }) => {
  await open(live.board);
  await followed(page);
  watch.allow(/api\/live/, /ERR_CONNECTION_REFUSED/);
  await live.sentry.stop();
  await expect(connection(page)).toHaveAttribute('data-state', 'reconnecting');
  await expect(connection(page)).toContainText('reconnecting');
  live.database.execute(
    `UPDATE WORKFLOW_RUN_INSTANCE SET STATUS = 'FAILED' WHERE DAG_RUN_ID LIKE 'FGW_contractual_cf_V2_%' AND STATUS = 'RUNNING'`,
  );
  await live.sentry.restart();
  await expect(connection(page)).toHaveAttribute('data-state', 'live', { timeout: 30_000 });
  await expect(rowOf(page, 'DERIVATIVES'), 'what was missed follows').toContainText('FAILED');
});

test('a server whose sources are down from the start says so, and recovers', async ({ page, live, open, watch }) => {
  live.database.execute('ALTER TABLE WORKFLOW_RUN_INSTANCE RENAME TO elsewhere');
  await live.sentry.restart();
  watch.allow(/\b503\b/);
  await page.goto(live.board);
  await hydrated(page);
  await expect(page.getByText(/nothing is known|A source is down/i).first()).toBeVisible();
  expect(await rowsShown(page), 'no invented rows').toEqual([]);
  live.database.execute('ALTER TABLE elsewhere RENAME TO WORKFLOW_RUN_INSTANCE');
  await expect(board(page).locator('tr.board-row')).toHaveCount(9, { timeout: 30_000 });
});
