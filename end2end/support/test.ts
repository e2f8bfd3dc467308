// `test` and `expect` for every spec: servers to ask, and a watch that fails a test on anything
// that a browser complains of.
import { test as base, expect, type Page, type Response } from '@playwright/test';
import { Fleet } from './fleet.ts';
import { REFERENCE_ESTATE, REFERENCE_NOW, Sentry } from './sentry.ts';
import { Watch } from './watch.ts';

interface Servers {
  /** The reference estate with its clock stopped. */
  reference: Sentry;
  /** The demo estate, which moves. */
  demo: Sentry;
  /** The reference estate, with AI agents that have sent. */
  fleet: Fleet;
}

interface PerTest {
  /** What the browser complained of. */
  watch: Watch;
  /** Opens a path (of the reference estate unless it is a whole URL) and waits until the page answers to clicks. */
  open: (path: string, page?: Page) => Promise<Response>;
}

export const test = base.extend<PerTest, Servers>({
  reference: [
    async ({}, use) => {
      const sentry = await Sentry.start({ arguments: ['--estate', REFERENCE_ESTATE, '--now', REFERENCE_NOW] });
      await use(sentry);
      await sentry.stop();
    },
    { scope: 'worker' },
  ],
  demo: [
    async ({}, use) => {
      const sentry = await Sentry.start({});
      await use(sentry);
      await sentry.stop();
    },
    { scope: 'worker' },
  ],
  fleet: [
    async ({}, use) => {
      const fleet = await Fleet.start();
      await use(fleet);
      await fleet.stop();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ reference }, use) => use(reference.url),
  watch: [
    async ({ context, javaScriptEnabled }, use) => {
      const watch = new Watch(javaScriptEnabled);
      watch.follow(context);
      await use(watch);
      expect(watch.problems(), 'what the browser complained of').toEqual([]);
    },
    { auto: true },
  ],
  open: async ({ page, javaScriptEnabled }, use) => {
    await use((path, other) => open(other ?? page, path, javaScriptEnabled));
  },
});

/** Goes to `path` and waits until the page answers to clicks and keys. */
export async function open(page: Page, path: string, javaScriptEnabled = true): Promise<Response> {
  const response = await page.goto(path);
  if (response === null) throw new Error(`${path} leads to no new page`);
  if (javaScriptEnabled) await hydrated(page);
  return response;
}

/** The script has taken the page over. */
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator('html')).toHaveAttribute('data-hydrated', '');
}

export { expect };
