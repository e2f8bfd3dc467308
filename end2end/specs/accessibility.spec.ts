// What axe-core finds on every page, in light and in dark.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { CLAIMS, type Fleet } from '../support/fleet.ts';
import { expect, test } from '../support/test.ts';

const DATE = '2026-02-18';
const PAGES: Record<string, string> = {
  board: `/?date=${DATE}&phase=ALL&open=TB-Derivatives,6G-FR2052a-E2E`,
  essential: `/essentials/6G-FR2052a-E2E?date=${DATE}`,
  explorer: `/explorer?date=${DATE}`,
  'failures with the tasks of a run': `/rca?date=${DATE}`,
  'no failures': '/rca?date=2026-02-17',
  'audit records': '/audit',
  'agents, before the first': '/agents',
  'traces, before the first': '/traces',
  'costs, before the first': '/costs',
  assistant: `/chat?date=${DATE}`,
  'sign-in': '/sign-in',
  'settings: project': '/settings/project',
  'settings: members': '/settings/members',
  'settings: keys': '/settings/keys',
  'settings: sign-in': '/settings/sign-in',
  'settings: server': '/settings/server',
  'not found': '/essentials/derivatves',
  'malformed link': '/?date=x',
};

/** Pages of AI agents that have sent something. */
const FLEET_PAGES: Record<string, (fleet: Fleet) => Promise<string> | string> = {
  agents: ({ sentry }) => `${sentry.url}/agents`,
  'no agent': ({ sentry }) => `${sentry.url}/agents?q=nobody`,
  agent: (fleet) => fleet.pageOf(CLAIMS),
  traces: ({ sentry }) => `${sentry.url}/traces?errors=yes`,
  'trace with a span': ({ sentry, failed }) => `${sentry.url}/traces/${failed[0].traceId}?span=${failed.at(-1)!.id}`,
  costs: ({ sentry }) => `${sentry.url}/costs`,
  events: ({ sentry }) => `${sentry.url}/events`,
};

const COLOR_SCHEMES = ['light', 'dark'] as const;

async function seriousFindings(page: Page, colorScheme: (typeof COLOR_SCHEMES)[number]): Promise<unknown[]> {
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const [red] = ground.match(/\d+/g)!.map(Number);
  expect(red < 128, `${colorScheme} page on ${ground}`).toBe(colorScheme === 'dark');
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ target, any }) => `${target.join(' ')}: ${any.map((check) => check.message).join('; ')}`),
    }));
}

for (const colorScheme of COLOR_SCHEMES) {
  for (const [name, path] of Object.entries(PAGES)) {
    test(`${name}, ${colorScheme}: no serious finding`, async ({ page, open, watch }) => {
      watch.allow(/\b40[04]\b/);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await open(path);
      expect(await seriousFindings(page, colorScheme)).toEqual([]);
    });
  }
  for (const [name, address] of Object.entries(FLEET_PAGES)) {
    test(`${name}, ${colorScheme}: no serious finding`, async ({ page, open, fleet }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await open(await address(fleet));
      expect(await seriousFindings(page, colorScheme)).toEqual([]);
    });
  }
}

test('the help dialog has no serious finding', async ({ page, open }) => {
  await open(`/?date=${DATE}`);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).include('dialog').analyze();
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
});

test('the theme is kept, and there before the script', async ({ page, open, context, reference }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await open(`/?date=${DATE}`);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByRole('button', { name: 'Switch between light and dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  const dark = await ground();
  expect(dark).not.toBe(light);
  const cookies = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const html = await (await fetch(`${reference.url}/`, { headers: { cookie: cookies } })).text();
  expect(html).toMatch(/<html[^>]* data-theme="dark"/);
  await open('/explorer');
  expect(await ground()).toBe(dark);
});
