// Widths from a tablet's to a large screen's: nothing is cut off, nothing jumps.
import type { Page } from '@playwright/test';
import { board } from '../support/board.ts';
import { CLAIMS, type Fleet } from '../support/fleet.ts';
import { expect, test } from '../support/test.ts';

const DATE = '2026-02-18';
const PAGES = {
  board: `/?date=${DATE}&phase=ALL&open=TB-Derivatives`,
  essential: `/essentials/TB-Derivatives?date=${DATE}`,
  explorer: `/explorer?date=${DATE}`,
  failures: `/rca?date=${DATE}`,
  audit: '/audit',
  'sign-in': '/sign-in',
  members: '/settings/members',
  keys: '/settings/keys',
  server: '/settings/server',
};
/** Pages of AI agents that have sent something. */
const FLEET_PAGES: Record<string, (fleet: Fleet) => Promise<string> | string> = {
  agents: ({ sentry }) => `${sentry.url}/agents`,
  agent: (fleet) => fleet.pageOf(CLAIMS),
  traces: ({ sentry }) => `${sentry.url}/traces`,
  trace: ({ sentry, failed }) => `${sentry.url}/traces/${failed[0].traceId}?span=${failed[0].id}`,
  costs: ({ sentry }) => `${sentry.url}/costs`,
};
const MOST_SHIFT = 0.02;

interface Shift {
  value: number;
  hadRecentInput: boolean;
  sources: { node: Node | null; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[];
}

/** Sums the layout shifts that nobody caused by a click or key, and says what moved; runs before any script of the page. */
function countShifts(): void {
  const counted = window as unknown as { shift: number; moved: string[] };
  counted.shift = 0;
  counted.moved = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as unknown as Shift[]) {
      if (entry.hadRecentInput) continue;
      counted.shift += entry.value;
      const box = ({ x, y, width, height }: DOMRectReadOnly) => `${x},${y} ${width}x${height}`;
      for (const { node, previousRect, currentRect } of entry.sources) {
        const text = node?.textContent?.slice(0, 40) ?? '';
        counted.moved.push(`${node?.nodeName} "${text}" from ${box(previousRect)} to ${box(currentRect)}`);
      }
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** Elements that reach beyond the right edge of the window, and that no box inside it scrolls or cuts. */
const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Opens a page, and wants it to stay where it is and to be seen whole. */
async function expectStill(page: Page, width: number, open: () => Promise<unknown>): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.addInitScript(countShifts);
  await open();
  await page.evaluate(() => document.fonts.ready);
  expect(await overflow(page)).toBe(0);
  const main = await page.locator('main').evaluate((main) => main.scrollWidth - main.clientWidth);
  expect(main, 'the panel itself does not scroll sideways').toBe(0);
  await page.waitForLoadState('load');
  // Two frames, so that shifts of the last change are in.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const { shift, moved } = await page.evaluate(() => {
    const { shift, moved } = window as unknown as { shift: number; moved: string[] };
    return { shift, moved };
  });
  expect(shift, moved.join('\n')).toBeLessThanOrEqual(MOST_SHIFT);
}

for (const width of [768, 1280, 1440, 1920]) {
  for (const [name, path] of Object.entries(PAGES)) {
    test(`${name} at ${width}: no sideways scrolling, no jump at load`, async ({ page, open }) => {
      await expectStill(page, width, () => open(path));
    });
  }
  for (const [name, address] of Object.entries(FLEET_PAGES)) {
    test(`${name} at ${width}: no sideways scrolling, no jump at load`, async ({ page, open, fleet }) => {
      const path = await address(fleet);
      await expectStill(page, width, () => open(path));
    });
  }
}

for (const [width, shown] of [
  [1920, 9],
  [1440, 9],
  [1280, 9],
  [1200, 6],
  [1080, 3],
]) {
  test(`at ${width} ${shown} areas stand in the header, on one line and beside nothing else`, async ({ page, open }) => {
    await page.setViewportSize({ width, height: 800 });
    await open('/');
    await page.evaluate(() => document.fonts.ready);
    const boxes = await page
      .locator('.header-brand, .header-nav > .header-tab, .header-more, .header-right')
      .evaluateAll((parts) => parts.map((part) => part.getBoundingClientRect().toJSON()).filter(({ width }) => width > 0));
    expect(boxes).toHaveLength(shown + (shown < 9 ? 3 : 2));
    for (const [index, { left, height }] of boxes.entries()) {
      if (index > 0) expect(left, `part ${index}`).toBeGreaterThanOrEqual(boxes[index - 1].right - 0.5);
      expect(height, `part ${index}`).toBeLessThanOrEqual(52);
    }
    expect(boxes.at(-1).right).toBeLessThanOrEqual(width);
  });
}

for (const width of [768, 1280]) {
  test(`at ${width} the board scrolls inside its card, with its first column in sight`, async ({ page, open }) => {
    await page.setViewportSize({ width, height: 700 });
    await open(PAGES.board);
    const frame = page.locator('.board-scroll');
    const room = await frame.evaluate((frame) => frame.scrollWidth - frame.clientWidth);
    expect(room, 'the table is wider than its card').toBeGreaterThan(0);
    const name = board(page).getByRole('link', { name: 'SECURITIES', exact: true });
    const eta = board(page).getByRole('columnheader', { name: 'ETA' });
    await eta.scrollIntoViewIfNeeded();
    await expect(eta).toBeInViewport({ ratio: 1 });
    const [cell, card] = await Promise.all([name.boundingBox(), frame.boundingBox()]);
    expect(cell!.x, 'the first column stays').toBeGreaterThanOrEqual(card!.x);
    expect(cell!.x + cell!.width).toBeLessThanOrEqual(card!.x + card!.width / 2);
    await name.scrollIntoViewIfNeeded();
    // Nothing lies over it.
    const onTop = await name.evaluate((link) => {
      const { x, y, width, height } = link.getBoundingClientRect();
      return link.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    });
    expect(onTop).toBe(true);
  });
}

for (const width of [1280, 1440]) {
  test(`at ${width} the task timeline is seen whole, with the first failure marked`, async ({ page, open }) => {
    await page.setViewportSize({ width, height: 800 });
    await open(PAGES.failures);
    const frame = page.locator('.gantt-scroll');
    expect(await frame.evaluate((frame) => frame.scrollWidth - frame.clientWidth)).toBe(0);
    await expect(page.locator('.gantt-row.is-first-failure')).toContainText('enrich_6g_calc_results');
    await expect(page.locator('.gantt-row.is-first-failure')).toContainText('first failure');
    await expect(page.locator('.run-detail-cause')).toContainText('First failed task: enrich_6g_calc_results');
  });

  test(`at ${width} the explorer shows dataset, slice, phase and status without scrolling`, async ({ page, open }) => {
    await page.setViewportSize({ width, height: 800 });
    await open(PAGES.explorer);
    for (const name of ['Essential', 'Dataset ID', 'Slice', 'Phase', 'Status']) {
      await expect(page.getByRole('columnheader', { name, exact: true })).toBeInViewport({ ratio: 1 });
    }
  });
}

test('the heading of the board stays in sight when its rows scroll', async ({ page, open }) => {
  await page.setViewportSize({ width: 1440, height: 600 });
  await open(`/?date=${DATE}&phase=ALL&open=TB-Derivatives,TB-Securities`);
  const heading = board(page).getByRole('columnheader', { name: 'Prelim / Final' });
  await board(page).getByRole('link', { name: 'UPC', exact: true }).scrollIntoViewIfNeeded();
  await expect(heading).toBeInViewport({ ratio: 1 });
  const onTop = await heading.evaluate((cell) => {
    const { x, y, width, height } = cell.getBoundingClientRect();
    return cell.contains(document.elementFromPoint(x + width / 2, y + height / 2));
  });
  expect(onTop).toBe(true);
});

test('below 1280 the assistant is a drawer', async ({ page, open }) => {
  await page.setViewportSize({ width: 768, height: 900 });
  await open(PAGES.board);
  const panel = page.getByRole('log', { name: 'Conversation' });
  await expect(panel).not.toBeInViewport();
  const toggle = page.locator('#chat-toggle');
  await toggle.focus();
  await page.keyboard.press('Space');
  await expect(panel).toBeInViewport();
  expect(await overflow(page)).toBe(0);
  await page.keyboard.press('Space');
  await expect(panel).not.toBeInViewport();
});

test('areas without room collapse into More', async ({ page, open }) => {
  await page.setViewportSize({ width: 768, height: 900 });
  await open('/');
  await page.locator('.header-more summary').click();
  await expect(page.locator('.header-more').getByText('Audit Log')).toBeVisible();
});

test('the width of the assistant is kept', async ({ page, open }) => {
  await open('/');
  const handle = page.getByRole('separator', { name: 'Width of the assistant' });
  const before = (await handle.boundingBox())!;
  await page.mouse.move(before.x + 2, before.y + 200);
  await page.mouse.down();
  await page.mouse.move(before.x - 98, before.y + 200, { steps: 5 });
  await page.mouse.up();
  await expect.poll(async () => Math.round((await handle.boundingBox())!.x)).toBeLessThan(before.x - 90);
  const dragged = (await handle.boundingBox())!;
  await handle.focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => Math.round((await handle.boundingBox())!.x)).toBe(Math.round(dragged.x) + 20);
  await open('/explorer');
  expect(Math.round((await handle.boundingBox())!.x)).toBe(Math.round(dragged.x) + 20);
});
