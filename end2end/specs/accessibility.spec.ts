// What axe-core finds on every page, in light and in dark.
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '../support/test.ts';

const DATE = '2026-02-18';
const PAGES: Record<string, string> = {
  board: `/?date=${DATE}&phase=ALL&open=TB-Derivatives,6G-FR2052a-E2E`,
  essential: `/essentials/6G-FR2052a-E2E?date=${DATE}`,
  explorer: `/explorer?date=${DATE}`,
  'failures with the tasks of a run': `/rca?date=${DATE}`,
  'no failures': '/rca?date=2026-02-17',
  'audit records': '/audit',
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

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [name, path] of Object.entries(PAGES)) {
    test(`${name}, ${colorScheme}: no serious finding`, async ({ page, open, watch }) => {
      watch.allow(/\b40[04]\b/);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await open(path);
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const [red] = ground.match(/\d+/g)!.map(Number);
      expect(red < 128, `${colorScheme} page on ${ground}`).toBe(colorScheme === 'dark');
      const { violations } = await new AxeBuilder({ page }).analyze();
      const serious = violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, help, nodes }) => ({
          id,
          help,
          nodes: nodes.map(({ target, any }) => `${target.join(' ')}: ${any.map((check) => check.message).join('; ')}`),
        }));
      expect(serious).toEqual([]);
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
