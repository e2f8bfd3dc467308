// What the assistant does with a script only: turns that live on, keys, and what is told of them.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page, Route } from '@playwright/test';
import { answer, ask, conversation, field, RCA, turns } from '../support/assistant.ts';
import { REFERENCE_ESTATE, REFERENCE_NOW, Sentry } from '../support/sentry.ts';
import { SilentModel } from '../support/silent-model.ts';
import { expect, open as openPage, test } from '../support/test.ts';

const DATE = '2026-02-18';
const EVENTS = /\/api\/chat\/[^/]+\/\d+\/events$/;

/** Holds back the events of turns until the test lets them through. */
async function holdEvents(page: Page): Promise<() => Promise<void>> {
  const held: Route[] = [];
  let isOpen = false;
  await page.route(EVENTS, async (route) => {
    if (isOpen) return route.continue();
    held.push(route);
  });
  return async () => {
    isOpen = true;
    for (const route of held) await route.continue().catch(() => undefined);
  };
}

test('the panel keeps the conversation from page to page, and in the address', async ({ page, open }) => {
  await open(`/?date=${DATE}`);
  await ask(page, RCA);
  await expect(answer(page)).toContainText('enrich_6g_calc_results');
  await expect(page).toHaveURL(/[?&]thread=[\w-]+/);
  await page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name: 'RCA Analysis' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'RCA Analysis' })).toBeVisible();
  await expect(answer(page)).toContainText('enrich_6g_calc_results');
  await page.getByRole('link', { name: 'New conversation' }).click();
  await expect(turns(page)).toHaveCount(0);
  await expect(page).not.toHaveURL(/thread=/);
});

test('a turn lives on: a second tab and a reload show it without asking again', async ({ page, open, context }) => {
  await open(`/?date=${DATE}`);
  const letThrough = await holdEvents(page);
  await ask(page, RCA);
  await expect(turns(page).last()).toContainText(RCA);
  await expect(page).toHaveURL(/thread=/);
  const second = await context.newPage();
  await open(page.url(), second);
  await expect(answer(second)).toContainText('enrich_6g_calc_results');
  await expect(turns(second)).toHaveCount(1);
  await letThrough();
  await expect(answer(page)).toContainText('enrich_6g_calc_results');
  await page.reload();
  await expect(turns(page)).toHaveCount(1);
  await expect(answer(page)).toContainText('enrich_6g_calc_results');
});

test('a line that drops ends in an answer, never in an endless wait', async ({ page, open, watch }) => {
  watch.allow(/request failed/, /console error/);
  await open(`/?date=${DATE}`);
  await page.route(EVENTS, (route) => route.abort(), { times: 1 });
  await ask(page, RCA);
  await expect(answer(page)).toContainText('enrich_6g_calc_results');
});

test('a turn that waits for a model is stopped, the model is left alone, and the question asked again', async ({ page }) => {
  const model = await SilentModel.start();
  const sentry = await Sentry.start({
    arguments: ['--estate', REFERENCE_ESTATE, '--now', REFERENCE_NOW],
    environment: { OPENAI_BASE_URL: model.url, OPENAI_MODEL: 'silent' },
  });
  try {
    await openPage(page, `${sentry.url}/?date=${DATE}`);
    await expect(page.locator('.chat-status')).toContainText('silent');
    await ask(page, RCA);
    await model.asked;
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect(turns(page).last()).toContainText('Stopped.');
    await model.left;
    await expect(page.getByRole('button', { name: 'Send' })).toBeVisible();
    await expect(turns(page).last().getByRole('button', { name: 'Ask again' })).toBeVisible();
  } finally {
    await sentry.stop();
    model.stop();
  }
});

test('a question that only a query answers is offered, run, changed and refused', async ({ page, open, watch }) => {
  watch.allow(/\b400\b/);
  await open('/chat');
  await ask(page, 'Which datasets failed most often in the last 30 days?');
  await expect(answer(page)).toContainText('Tier 2');
  const card = answer(page).locator('.data-card').first();
  await card.getByRole('button', { name: 'Run it', exact: true }).click();
  await expect(card).toContainText('Run again in');
  await expect(card.getByRole('table')).toContainText('6g');
  await card.locator('summary', { hasText: 'SQL' }).click();
  const statement = card.getByRole('textbox', { name: 'Query' });
  expect(await statement.inputValue()).toContain('BUSINESS_DATE');
  await statement.fill('DELETE FROM W');
  await card.getByRole('button', { name: 'Run it again' }).click();
  await expect(card.getByRole('alert')).toContainText('SELECT');
});

test('Enter sends, Shift+Enter is a new line, nothing is sent twice', async ({ page, open }) => {
  await open(`/?date=${DATE}`);
  await page.keyboard.press('a');
  await expect(field(page)).toBeFocused();
  await page.keyboard.type('How is');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('derivatives doing?');
  await expect(field(page)).toHaveValue('How is\nderivatives doing?');
  await page.keyboard.press('Enter');
  await expect(field(page)).toHaveValue('');
  await page.keyboard.press('Enter');
  await expect(answer(page)).toContainText('DERIVATIVES');
  await expect(turns(page)).toHaveCount(1);
});

test('what was typed comes back where it could not be asked', async ({ page, open, watch }) => {
  watch.allow(/request failed/, /console error/);
  await open(`/?date=${DATE}`);
  await page.route('**/api/ui/ask', (route) => route.abort());
  await ask(page, RCA);
  await expect(page.getByRole('alert')).toContainText('does not answer');
  await expect(field(page)).toHaveValue(RCA);
});

test('the list of conversations opens over the panel, and Esc closes it', async ({ page, open }) => {
  await open(`/?date=${DATE}`);
  await ask(page, RCA);
  await expect(answer(page)).toBeVisible();
  const menu = page.locator('.chat-threads');
  await menu.locator('summary').click();
  await expect(menu.getByRole('link', { name: /What failed in FR2052A/ }).first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(menu).not.toHaveAttribute('open');
});

test('below 1280 asking opens the drawer, and Esc closes it', async ({ page, open }) => {
  await page.setViewportSize({ width: 1024, height: 768 });
  await open(`/?date=${DATE}&phase=ALL&open=6G-FR2052a-E2E`);
  await expect(conversation(page)).not.toBeInViewport();
  await page.getByRole('main').getByRole('button', { name: 'Ask SENTRY AI' }).click();
  await expect(conversation(page)).toBeInViewport();
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(answer(page)).toContainText('enrich_6g_calc_results');
  await page.keyboard.press('Escape');
  await expect(conversation(page)).not.toBeInViewport();
});

test('a new answer scrolls the conversation, never the page', async ({ page, open }) => {
  await open(`/?date=${DATE}`);
  await ask(page, RCA);
  await expect(answer(page)).toContainText('enrich_6g_calc_results');
  await ask(page, 'How is derivatives doing?');
  await expect(turns(page)).toHaveCount(2);
  await expect(answer(page)).toContainText('DERIVATIVES');
  await expect(turns(page).last().locator('.is-question')).toBeInViewport();
  expect(await page.evaluate(() => scrollY)).toBe(0);
});

test('an answer is copied as Markdown', async ({ page, open, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open('/chat');
  await ask(page, RCA);
  await answer(page).getByRole('button', { name: 'Copy as Markdown' }).click();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text).toContain('**step 3**');
});

test('screen readers are told an answer once, when it is whole', async ({ page, open }) => {
  await open(`/?date=${DATE}`);
  const letThrough = await holdEvents(page);
  await ask(page, RCA);
  await expect(conversation(page)).toHaveAttribute('aria-live', 'polite');
  const coming = turns(page).last();
  await expect(coming).toHaveAttribute('aria-busy', 'true');
  await expect(coming.locator('.chat-bubble').last()).toHaveAttribute('aria-live', 'off');
  await letThrough();
  await expect(answer(page)).toBeVisible();
  await expect(turns(page).last()).not.toHaveAttribute('aria-busy');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`an answer with its tools open has no serious finding, ${colorScheme}`, async ({ page, open }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await open('/chat');
    await ask(page, RCA);
    await expect(answer(page)).toContainText('enrich_6g_calc_results');
    await answer(page).locator('.tool-call summary').first().click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual([]);
  });
}
