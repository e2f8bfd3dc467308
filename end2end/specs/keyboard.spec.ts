// Everything by keyboard alone.
import type { Page } from '@playwright/test';
import { arrowOf, board } from '../support/board.ts';
import { expect, test } from '../support/test.ts';

const BOARD = '/?date=2026-02-18&phase=ALL';

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => (document.activeElement as HTMLElement | null)?.innerText.trim() ?? '');

test('Tab goes through the page in reading order, and shows where it is', async ({ page, open }) => {
  await open(BOARD);
  const stops: { text: string; outlined: boolean }[] = [];
  for (let count = 0; count < 60; count += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const at = document.activeElement;
      if (!(at instanceof HTMLElement) || at === document.body) return null;
      // A field that lies unseen in a control shows its focus on that control.
      const outlined = [at, at.parentElement!].some((element) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
      });
      return { text: at.innerText.trim() || at.getAttribute('aria-label') || at.tagName, outlined };
    });
    if (stop === null) break;
    stops.push(stop);
  }
  expect(stops[0].text).toBe('Skip to the content');
  expect(stops.filter((stop) => !stop.outlined), 'stops without a visible focus').toEqual([]);
  const wanted = ['SENTRY', 'DASHBOARD', 'BATCH EXPLORER', 'PRELIM', 'REFRESH', 'TOTAL BATCHES', 'COMPLETED', 'ESSENTIAL', 'DERIVATIVES', 'SECURITIES'];
  const reached = stops.map((stop) => stop.text.toUpperCase());
  const positions = wanted.map((start) => reached.findIndex((text) => text.startsWith(start)));
  expect(positions, reached.join(' | ')).not.toContain(-1);
  expect(positions, reached.join(' | ')).toEqual(positions.toSorted((a, b) => a - b));
});

test('the skip link leads past the header', async ({ page, open }) => {
  await open(BOARD);
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();
  await page.keyboard.press('Tab');
  const inside = await page.evaluate(() => document.querySelector('main')!.contains(document.activeElement));
  expect(inside).toBe(true);
});

test('j, k, x and Enter walk, expand and open rows', async ({ page, open }) => {
  await open(BOARD);
  await page.keyboard.press('j');
  await expect(board(page).getByRole('link', { name: 'DERIVATIVES', exact: true })).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  expect(await focused(page)).toBe('FR2052A (6G)');
  await page.keyboard.press('k');
  expect(await focused(page)).toBe('SECURITIES');
  await page.keyboard.press('x');
  await expect(arrowOf(page, 'SECURITIES')).toHaveAttribute('aria-expanded', 'true');
  await expect(page).toHaveURL(/open=TB-Securities/);
  expect(await focused(page), 'focus stays on the row').toBe('SECURITIES');
  await page.keyboard.press('x');
  await expect(arrowOf(page, 'SECURITIES')).toHaveAttribute('aria-expanded', 'false');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/essentials\/TB-Securities/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('SECURITIES');
});

test('/ searches, Esc leaves, keys sleep while somebody types', async ({ page, open }) => {
  await open(BOARD);
  await page.keyboard.press('/');
  const field = page.getByRole('searchbox', { name: 'Name of an essential' });
  await expect(field).toBeFocused();
  await page.keyboard.type('j?x/');
  await expect(field).toHaveValue('j?x/');
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(field).toBeHidden();

  await open('/explorer?date=2026-02-18');
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox', { name: 'Filter: all columns' })).toBeFocused();
  await page.keyboard.type('svu');
  await expect(page.getByText('of 445 runs match')).toBeVisible();
  await expect(page.getByRole('searchbox', { name: 'Filter: all columns' }), 'focus stays while rows change').toBeFocused();
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  const row = page.locator('tr.explorer-row').first();
  await expect(row.locator('[data-row]')).toBeFocused();
  const run = await row.locator('td').last().innerText();
  expect(run).toMatch(/^FGW_.*SVU_/);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/rca\?.*run=FGW_/);
  await expect(page.getByRole('table', { name: `Tasks of run ${run}` })).toBeVisible();
});

test('? lists the keys, Esc closes the list and gives the focus back', async ({ page, open }) => {
  await open(BOARD);
  await page.keyboard.press('j');
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keyboard' });
  await expect(help).toBeVisible();
  await expect(help).toContainText('search');
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
  expect(await focused(page)).toBe('DERIVATIVES');
});

test('a heading sorts by keyboard and keeps the focus', async ({ page, open }) => {
  for (const [path, name] of [
    [BOARD, 'Status'],
    ['/explorer?date=2026-02-18', 'Status'],
  ]) {
    await open(path);
    const heading = page.getByRole('columnheader', { name, exact: true });
    await heading.getByRole('link').focus();
    await page.keyboard.press('Enter');
    await expect(heading).toHaveAttribute('aria-sort', 'ascending');
    await expect(heading.getByRole('link'), `${path}: focus stays on the heading`).toBeFocused();
  }
});
