// From the one-time link to a team: people, projects, keys and the record of it, with a script and without.
import type { Browser, Page } from '@playwright/test';
import { REFERENCE_ESTATE, REFERENCE_NOW, Sentry } from '../support/sentry.ts';
import { expect, test as base } from '../support/test.ts';

const PASSWORD = 'correct horse battery staple';
const REFERENCE = ['--estate', REFERENCE_ESTATE, '--now', REFERENCE_NOW];

/** A server of its own for each test: accounts are made in it. */
const test = base.extend<{ own: Sentry }>({
  own: async ({}, use) => {
    const sentry = await Sentry.start({ arguments: REFERENCE });
    await use(sentry);
    await sentry.stop();
  },
  baseURL: async ({ own }, use) => use(own.url),
});

type Open = (path: string, page?: Page) => Promise<unknown>;

const labelled = (page: Page, label: string) => page.getByLabel(label, { exact: true });

async function fillAccount(page: Page, name: string): Promise<void> {
  await labelled(page, 'E-mail address').fill(`${name}@example.org`);
  await labelled(page, 'Name').fill(name);
  await labelled(page, 'Password').fill(PASSWORD);
}

async function becomeOwner(own: Sentry, page: Page, open: Open): Promise<void> {
  await open(own.setupUrl);
  await fillAccount(page, 'olga');
  await page.getByRole('button', { name: 'Create the owner' }).click();
  await expect(page).toHaveURL(`${own.url}/`);
}

async function signIn(page: Page, password: string): Promise<void> {
  await labelled(page, 'E-mail address').fill('olga@example.org');
  await labelled(page, 'Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** A page of somebody else's browser. */
async function elsewhere(browser: Browser, javaScriptEnabled: boolean): Promise<Page> {
  return (await browser.newContext({ javaScriptEnabled })).newPage();
}

test('the first owner comes by the link, and from then on everybody signs in', async ({ own, page, open, watch }) => {
  watch.allow(/\b40[14]\b/);
  await open('/');
  await expect(page.getByRole('link', { name: 'Open mode' })).toBeVisible();
  await becomeOwner(own, page, open);
  await expect(page.getByRole('link', { name: 'Open mode' })).toHaveCount(0);
  await open(own.setupUrl);
  await expect(page.getByRole('alert')).toContainText('does not work, or no longer');

  await open('/');
  await page.locator('summary.account-button').click();
  await expect(page.getByText('owner in Default')).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in/);

  await open('/rca?date=2026-02-18');
  await expect(page).toHaveURL(/\/sign-in\?return_to=/);
  await signIn(page, 'not the password');
  await expect(page.getByRole('alert')).toContainText('E-mail address or password is wrong');
  await signIn(page, PASSWORD);
  await expect(page).toHaveURL(`${own.url}/rca?date=2026-02-18`);
});

test('an owner invites somebody, who may do what the role says', async ({ own, page, open, browser, watch, javaScriptEnabled }) => {
  await becomeOwner(own, page, open);
  await open('/settings/members');
  await labelled(page, 'Role of the invited').selectOption('viewer');
  await page.getByRole('button', { name: 'Make an invitation' }).click();
  const once = page.locator('.once-text code');
  await expect(once).toContainText('/invitation/');
  const link = new URL((await once.innerText()).trim(), own.url).href;

  const theirs = await elsewhere(browser, javaScriptEnabled);
  await open(link, theirs);
  await expect(theirs.getByText('olga@example.org')).toBeVisible();
  await fillAccount(theirs, 'vera');
  await theirs.getByRole('button', { name: 'Make an account and join' }).click();
  await expect(theirs).toHaveURL(`${own.url}/`);
  await expect(theirs.getByRole('table', { name: 'All Essentials' })).toBeVisible();
  for (const closed of ['/settings/keys', '/audit']) {
    const response = await theirs.goto(`${own.url}${closed}`);
    expect(response?.status(), closed).toBe(403);
    await expect(theirs.getByRole('alert')).toContainText('You may not do this');
  }
  watch.allow(/\b404\b/);
  expect((await theirs.goto(link))?.status(), 'an invitation works once').toBe(404);

  await open('/settings/members');
  await expect(page.getByRole('table', { name: 'Members' })).toContainText('vera@example.org');
  await theirs.context().close();
});

test('a key is shown once, works, and is revoked', async ({ own, page, open }) => {
  await becomeOwner(own, page, open);
  await open('/settings/keys');
  await labelled(page, 'Name').fill('ci');
  await page.getByRole('checkbox').nth(1).check();
  await page.getByRole('button', { name: 'Create a key' }).click();
  const shown = page.locator('.once-text code');
  await expect(shown).toContainText('sk_live_');
  const key = (await shown.innerText()).trim();
  const status = async () => (await fetch(`${own.url}/api/essentials`, { headers: { authorization: `Bearer ${key}` } })).status;
  expect(await status()).toBe(200);
  await open('/settings/keys');
  expect(await page.content()).not.toContain(key);
  await page.getByText('Revoke…').click();
  await page.getByRole('button', { name: 'Revoke ci' }).click();
  await expect(page.getByRole('table', { name: 'Keys' })).toContainText('revoked');
  expect(await status()).toBe(401);
});

test('a second project has its own people and no estate', async ({ own, page, open, watch }) => {
  watch.allow(/\b404\b/);
  await becomeOwner(own, page, open);
  await open('/settings/project');
  await labelled(page, 'Name').last().fill('Payments AI');
  await page.getByRole('button', { name: 'Create the project' }).click();
  await expect(page).toHaveURL(/project=payments-ai/);
  await open('/settings/members');
  await page.locator('summary.project-button').click();
  await page.getByRole('link', { name: 'Payments AI' }).click();
  await expect(page).toHaveURL(/project=payments-ai/);
  await open('/settings/members?project=payments-ai');
  await expect(page.locator('summary.project-button')).toHaveText('Payments AI');
  await open('/?project=nowhere');
  await expect(page.getByRole('alert')).toContainText('Not found');
});

test('the record says who did what, and each line has a link', async ({ own, page, open }) => {
  await becomeOwner(own, page, open);
  await open('/settings/keys');
  await labelled(page, 'Name').fill('nightly');
  await page.getByRole('checkbox').first().check();
  await page.getByRole('button', { name: 'Create a key' }).click();
  await expect(page.locator('.once-text code')).toBeVisible();
  await page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name: 'Audit Log' }).click();
  await expect(page).toHaveURL(/\/audit/);
  await labelled(page, 'Action').fill('key.');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/action=key/);
  const rows = page.locator('tr.audit-row');
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText('olga@example.org');
  await expect(rows).toContainText('key.create');
  await rows.locator('a.audit-toggle').click();
  const detail = page.locator('.audit-detail');
  await expect(detail).toContainText('nightly');
  await detail.getByRole('link').first().click();
  await expect(page).toHaveURL(/\/audit\?.*seq=\d+/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('key.create on key:');
});
