// Everything by keyboard alone.
import type { Page } from '@playwright/test';
import { arrowOf, board } from '../support/board.ts';
import { expect, test } from '../support/test.ts';

const BOARD = '/?date=2026-02-18&phase=ALL';

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => (document.activeElement as HTMLElement | null)?.innerText.trim() ?? '');

test('Tab goes through the page in reading order, and shows where it is', async ({ page, open }) => {
  await open(BOARD);
  const stops: { text: string; top: number; left: number; seen: boolean; href: string | null }[] = [];
  for (let count = 0; count < 60; count += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const at = document.activeElement;
      if (!(at instanceof HTMLElement) || at === document.body) return null;
      const { top, left } = at.getBoundingClientRect();
      const style = getComputedStyle(at);
      const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
      return {
        text: at.innerText.trim() || at.getAttribute('aria-label') || at.tagName,
        href: at.getAttribute('href'),
        top,
        left,
        seen: outlined || style.boxShadow !== 'none' || at.matches('input, summary') && style.outlineStyle !== 'none',
      };
    });
    if (stop === null) break;
    stops.push(stop);
  }
  expect(stops[0].text).toBe('Skip to the content');
  const unseen = stops.filter((stop) => !stop.seen).map((stop) => stop.text);
  expect(unseen, 'stops without a visible focus').toEqual([]);
  const order = (text: string): number => stops.findIndex((stop) => stop.text.startsWith(text));
  const wanted = ['SENTRY', 'Dashboard', 'Batch Explorer', 'PRELIM', 'REFRESH', 'TOTAL BATCHES', 'COMPLETED', 'ESSENTIAL', 'DERIVATIVES', 'SECURITIES'];
  const positions = wanted.map((text) => stops.findIndex((stop) => stop.text.toUpperCase().startsWith(text.toUpperCase())));
  expect(positions.every((position) => position >= 0), `reached: ${stops.map((stop) => stop.text.split('\n')[0]).join(' | ')}`).toBe(true);
  expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  expect(order('Skip')).toBe(0);
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
  expect(await focused(page)).toMatch(/^FGW_.*SVU_/);
  const run = await focused(page);
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
