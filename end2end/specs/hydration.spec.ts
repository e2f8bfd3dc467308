// The time between the first paint and the program that takes the page over: a slow network makes it long.
import { expect, hydrated, test } from '../support/test.ts';

test('what was done before the program came stays, and the program knows it', async ({ page }) => {
  const held: (() => void)[] = [];
  let isHeld = true;
  await page.route(/\/pkg\/split_agents\.wasm/, async (route) => {
    if (isHeld) await new Promise<void>((release) => held.push(release));
    await route.continue();
  });
  await page.goto('/traces?from=now-1h');
  await expect.poll(() => held.length, { message: 'the part of this page is asked for' }).toBeGreaterThan(0);
  const form = page.getByRole('search', { name: 'Traces' });
  await form.getByLabel('Errors').selectOption('yes');
  await form.getByLabel('Session').fill('s-1');
  await page.getByText('Custom range').click();
  await expect(page.locator('html'), 'nobody is told that the page answers').not.toHaveAttribute('data-hydrated');

  isHeld = false;
  for (const release of held) release();
  await hydrated(page);
  await expect(form.getByLabel('Errors')).toHaveValue('yes');
  await expect(form.getByLabel('Session')).toHaveValue('s-1');
  const range = page.getByRole('search', { name: 'Custom range' });
  await range.getByLabel('Start').fill('2026-02-18T07:00');
  await range.getByLabel('End').fill('2026-02-18T08:00');
  await range.getByRole('button', { name: 'Apply' }).click();
  await expect(page).toHaveURL(/from=2026-02-18/);
  await expect(range, 'applied, and out of the way').toBeHidden();
});

test('what was typed before the program came filters the board', async ({ page }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\/pkg\/sentry\.wasm/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/?date=2026-02-18&phase=ALL');
  const rows = page.locator('tr.board-row');
  const all = await rows.count();
  await page.locator('.name-filter summary').click();
  await page.getByLabel('Name of an essential').fill('sec');
  release();
  await hydrated(page);
  await expect(page).toHaveURL(/q=sec/);
  await expect.poll(() => rows.count()).toBeLessThan(all);
  await expect(rows.filter({ hasText: /sec/i }).first()).toBeVisible();
});

test('a page has its part of the program fetched beside it, always', async ({ request }) => {
  const parts = [
    ['/explorer', 'batches'],
    ['/rca', 'batches'],
    ['/agents', 'agents'],
    ['/traces', 'agents'],
    ['/chat', 'chat'],
    ['/settings/members', 'settings'],
    ['/?thread=0198c0de-0000-7000-8000-000000000000', 'chat'],
    ['/chat/0198c0de-0000-7000-8000-000000000000', 'chat'],
  ] as const;
  // Side by side: one page must not take what belongs to another.
  await Promise.all(
    [...parts, ...parts, ...parts].map(async ([path, part]) => {
      const { link } = (await request.get(path)).headers();
      const fetched = [...(link ?? '').matchAll(/<\/pkg\/(\w+)\.wasm>; rel=preload/g)].map(([, file]) => file);
      expect(fetched, path).toContain(`split_${part}`);
      expect(fetched.filter((file) => file?.startsWith('split_')), path).toHaveLength(1);
      expect(new Set(fetched).size, `${path}: none twice`).toBe(fetched.length);
      expect(fetched.length, `${path}: each file is a request`).toBeLessThan(25);
    }),
  );
  expect((await request.get('/')).headers(), 'the dashboard is in the program itself').not.toHaveProperty('link');
});
