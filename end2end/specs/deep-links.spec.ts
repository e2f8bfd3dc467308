// A copied link shows the same thing in a fresh browser, and unfurls with the state.
import type { Page } from '@playwright/test';
import { arrowOf } from '../support/board.ts';
import { expect, hydrated, test } from '../support/test.ts';
import { Watch } from '../support/watch.ts';

const DATE = '2026-02-18';

/** What the page shows and what it has chosen, without what only a script adds. */
async function shown(page: Page): Promise<unknown> {
  return page.evaluate(() => {
    const texts = (selector: string) =>
      [...document.querySelectorAll<HTMLElement>(selector)].map((element) => element.textContent!.replace(/\s+/g, ' ').trim());
    return {
      title: document.title,
      heading: texts('h1'),
      board: texts('tr.board-row'),
      datasets: texts('.dataset-table tbody tr'),
      cards: texts('.summary-card'),
      current: texts('main [aria-current]'),
      sorted: [...document.querySelectorAll('th[aria-sort]')]
        .filter((heading) => heading.getAttribute('aria-sort') !== 'none')
        .map((heading) => `${heading.textContent!.trim()} ${heading.getAttribute('aria-sort')}`),
      expanded: texts('main [aria-expanded=true]'),
      fields: [...document.querySelectorAll<HTMLInputElement | HTMLSelectElement>('main input:not([type=hidden]), main select')].map(
        (field) => `${field.name}=${field.value}`,
      ),
      matrix: texts('.matrix tbody tr'),
      // The first rows: how many are drawn depends on whether a script runs.
      runs: texts('tr.explorer-row').slice(0, 10),
      failures: texts('.failed-run-head'),
      tasks: texts('.gantt tbody tr'),
    };
  });
}

/** Each view is reached by clicks and keys, as a person reaches it. */
const VIEWS: Record<string, (page: Page) => Promise<void>> = {
  'the board in FINAL, failed ones, two rows open, sorted': async (page) => {
    await page.goto(`/?date=${DATE}`);
    await hydrated(page);
    await page.getByRole('navigation', { name: 'Phase' }).getByRole('link', { name: 'FINAL' }).click();
    await expect(page).toHaveURL(/phase=FINAL/);
    await page.getByRole('link', { name: 'Running' }).click();
    await expect(page).toHaveURL(/status=running/);
    await arrowOf(page, 'DERIVATIVES').click();
    await expect(page).toHaveURL(/open=TB-Derivatives/);
    await arrowOf(page, 'COLLATERAL').click();
    await expect(page).toHaveURL(/TB-Collateral/);
    await page.getByRole('columnheader', { name: 'Progress' }).getByRole('link').click();
    await expect(page).toHaveURL(/sort=progress/);
    await expect(page.locator('.dataset-table')).toHaveCount(2);
  },
  'the board searched by name': async (page) => {
    await page.goto(`/?date=${DATE}&phase=ALL`);
    await hydrated(page);
    await page.keyboard.press('/');
    await page.keyboard.type('sec');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/q=sec/);
    await expect(page.locator('tr.board-row')).toHaveCount(2);
  },
  'an essential cut down to some slices': async (page) => {
    await page.goto(`/essentials/TB-Derivatives?date=${DATE}`);
    await hydrated(page);
    await page.getByRole('searchbox', { name: 'Slice holds' }).fill('emea');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/slice=emea/);
  },
  'the explorer filtered, searched and sorted': async (page) => {
    await page.goto(`/explorer?date=${DATE}`);
    await hydrated(page);
    await page.getByRole('searchbox', { name: 'Filter: Trigger' }).fill('final');
    await expect(page).toHaveURL(/trigger=final/);
    await page.getByRole('searchbox', { name: 'Filter: all columns' }).fill('emea');
    await expect(page).toHaveURL(/q=emea/);
    await page.getByRole('columnheader', { name: 'Duration' }).getByRole('link').click();
    await expect(page).toHaveURL(/sort=duration/);
    await expect(page.getByRole('columnheader', { name: 'Duration' })).toHaveAttribute('aria-sort', 'ascending');
  },
  'the tasks of a failed run': async (page) => {
    await page.goto(`/rca?date=${DATE}`);
    await hydrated(page);
    const run = page.locator('.failed-run-head').last();
    await run.click();
    await expect(page).toHaveURL(/run=-/);
    await run.click();
    await expect(page).toHaveURL(/run=FGW_/);
    await expect(page.locator('.gantt tbody tr').first()).toBeVisible();
  },
};

for (const [name, reach] of Object.entries(VIEWS)) {
  test(name, async ({ page, browser, baseURL, watch }) => {
    await reach(page);
    await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null);
    const wanted = await shown(page);
    const url = page.url();
    for (const javaScriptEnabled of [true, false]) {
      const context = await browser.newContext({ baseURL, javaScriptEnabled, viewport: page.viewportSize() });
      const others = new Watch(javaScriptEnabled);
      others.follow(context);
      const fresh = await context.newPage();
      await fresh.goto(url);
      if (javaScriptEnabled) await hydrated(fresh);
      expect(await shown(fresh), javaScriptEnabled ? 'in a fresh browser' : 'without JavaScript').toEqual(wanted);
      expect(others.problems()).toEqual([]);
      await context.close();
    }
    // Back and forth in the same browser.
    await page.goto('about:blank');
    await page.goBack();
    await hydrated(page);
    await expect.poll(() => shown(page)).toEqual(wanted);
    expect(watch.problems()).toEqual([]);
  });
}

test('going back undoes what was chosen, step by step', async ({ page, open }) => {
  await open(`/?date=${DATE}`);
  await page.getByRole('navigation', { name: 'Phase' }).getByRole('link', { name: 'ALL' }).click();
  await expect(page).toHaveURL(/phase=ALL/);
  await page.getByRole('link', { name: 'Failed' }).click();
  await expect(page.locator('tr.board-row')).toHaveCount(1);
  await page.goBack();
  await expect(page.locator('tr.board-row')).toHaveCount(9);
  await page.goBack();
  await expect(page.getByRole('navigation', { name: 'Phase' }).getByRole('link', { name: 'PRELIM' })).toHaveAttribute('aria-current', 'true');
});

test('a pasted link unfurls with the state', async ({ request }) => {
  for (const [path, title, description] of [
    [`/essentials/TB-Derivatives?date=${DATE}`, 'DERIVATIVES RUNNING 4/6, 18-Feb-2026', /PRELIM SUCCESS 6\/6, FINAL RUNNING 4\/6/],
    [`/essentials/6G?date=${DATE}`, 'FR2052A (6G) FAILED 3/8, 18-Feb-2026', /1 dataset failed/],
    [`/?date=${DATE}`, /2 running, 1 failed of 9, 18-Feb-2026/, /5 are completed, 2 running, 1 failed and 1 not started/],
    [`/explorer?date=${DATE}`, /445 runs, 18-Feb-2026/, /./],
    [`/rca?date=${DATE}`, /1 failed run in 1 essential, 18-Feb-2026/, /FR2052A/],
  ] as const) {
    const html = await (await request.get(path)).text();
    const found = /<title>(.*?)<\/title>/s.exec(html)?.[1];
    const meta = (property: string) =>
      new RegExp(`<meta[^>]*property="${property}"[^>]*content="([^"]*)"`).exec(html)?.[1] ??
      new RegExp(`<meta[^>]*content="([^"]*)"[^>]*property="${property}"`).exec(html)?.[1];
    const matches = (text: string | undefined, wanted: string | RegExp) =>
      typeof wanted === 'string' ? expect(text, path).toBe(wanted) : expect(text, path).toMatch(wanted);
    matches(found, title);
    matches(meta('og:title'), title);
    matches(meta('og:description'), description);
    expect(meta('og:site_name')).toBe('SENTRY');
  }
});

test('times are shown in the zone of the link', async ({ page, open }) => {
  await open(`/?date=${DATE}&phase=ALL&tz=America/New_York`);
  const cell = page.locator('tr.board-row').first().locator('td.mono').nth(1);
  await expect(cell).toHaveText('00:20:39');
  await expect(cell).toHaveAttribute('title', '2026-02-18 00:20:39 America/New_York');
  await page.locator('a.header-zone').click();
  await expect(cell).toHaveText('05:20:39');
});
