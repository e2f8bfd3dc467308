// 20,000 runs in the explorer: it draws only what is on screen. How smoothly it scrolls, `make bench` measures.
import fs from 'node:fs';
import { estateOfRuns } from '../support/estate.ts';
import { Sentry } from '../support/sentry.ts';
import { expect, test } from '../support/test.ts';

const RUNS = 20_000;
const MOST_ROWS_DRAWN = 120;

test('20,000 runs: only those on screen are drawn', async ({ page, open }, testInfo) => {
  test.slow(); // each turn of the wheel waits for a frame, which a busy machine draws late
  const file = testInfo.outputPath('estate.json');
  fs.writeFileSync(file, JSON.stringify(estateOfRuns(RUNS)));
  const sentry = await Sentry.start({ arguments: ['--estate', file, '--now', '2026-02-18T12:09:40Z'] });
  try {
    await open(`${sentry.url}/explorer?date=2026-02-18&sort=started`);
    await expect(page.getByText('20,000 runs', { exact: true })).toBeVisible();
    const table = page.getByRole('table', { name: 'Runs of the date' });
    await expect(table).toHaveAttribute('aria-rowcount', String(RUNS + 2));
    const rows = table.locator('tr.explorer-row');
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
        seen.mostRows = Math.max(seen.mostRows, document.querySelectorAll('tr.explorer-row').length);
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
    const frame = page.locator('.explorer-scroll');
    await frame.hover();
    for (let turn = 0; turn < 40; turn += 1) await page.mouse.wheel(0, 1200);
    await expect.poll(() => frame.evaluate((frame) => frame.scrollTop)).toBeGreaterThan(40_000);
    const seen = await page.evaluate(() => (window as unknown as { seen: { mostRows: number; frames: number } }).seen);
    expect(seen.frames).toBeGreaterThan(10);
    expect(seen.mostRows).toBeLessThan(MOST_ROWS_DRAWN);

    // Every row on screen is there, wherever one lands.
    const rowsInSight = () =>
      frame.evaluate((frame) => {
        const { top, bottom } = frame.getBoundingClientRect();
        const inSight = [...frame.querySelectorAll<HTMLElement>('tr.explorer-row')].filter((row) => {
          const box = row.getBoundingClientRect();
          return box.bottom > top && box.top < bottom;
        });
        return {
          loading: inSight.filter((row) => row.querySelector('.is-loading') !== null).length,
          first: Number(inSight[0]?.getAttribute('aria-rowindex')),
          count: inSight.length,
        };
      });
    for (const row of [10_000, 19_990, 5]) {
      await frame.evaluate((frame, row) => frame.scrollTo({ top: row * 34 }), row);
      // A frame may pass before the rows of the new place are drawn at all.
      await expect(async () => {
        const { loading, first, count } = await rowsInSight();
        expect(loading).toBe(0);
        expect(count).toBeGreaterThan(8);
        expect(first).toBeLessThanOrEqual(row + 3);
        expect(first).toBeGreaterThan(Math.min(row, RUNS - count) - 4);
      }).toPass({ timeout: 10_000 });
    }
    await frame.evaluate((frame) => frame.scrollTo({ top: frame.scrollHeight }));
    await expect(table.locator(`tr[aria-rowindex="${RUNS + 2}"]`)).toBeInViewport();
    await expect(table.locator(`tr[aria-rowindex="${RUNS + 2}"]`)).toContainText(`_${1_771_370_000_000 + RUNS - 1}`);

    await page.getByRole('searchbox', { name: 'Filter: Status' }).fill('=FAILED');
    await expect(page.getByText('207 of 20,000 runs match')).toBeVisible();
  } finally {
    await sentry.stop();
  }
});
