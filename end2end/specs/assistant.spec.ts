// Questions and their answers, without JavaScript and with it.
import { answer, ask, conversation, field, RCA, turns } from '../support/assistant.ts';
import { expect, test } from '../support/test.ts';

const DATE = '2026-02-18';
const FAILED_RUN = 'FGW_6g_calc_workflow_V2_2026-02-18_6G-GLOBAL-SLICE-2_1771371854588';

test('it greets with the state of the date, and offers what to ask', async ({ page, open }) => {
  await open(`/?date=${DATE}`);
  const greeting = conversation(page).locator('.chat-message').first();
  await expect(greeting).toContainText("I'm monitoring all 9 essentials for 18-Feb-2026");
  await expect(greeting).toContainText('5 batches completed successfully');
  await expect(greeting).toContainText('1 has failed (FR2052A (6G))');
  await greeting.getByRole('button', { name: 'What failed in FR2052A (6G)?' }).click();
  await expect(answer(page)).toContainText('6g_calc_workflow_V2');
});

test('the RCA of the reference estate names what the sources say', async ({ page, open }) => {
  await open(`/?date=${DATE}`);
  await ask(page, RCA);
  const told = answer(page);
  for (const fact of ['step 3', '6g_calc_workflow_V2', 'enrich_6g_calc_results', '6G-GLOBAL-SLICE-2', '08:15:44', '2 of 2 attempts']) {
    await expect(told).toContainText(fact);
  }
  await expect(told).toContainText('Tier 1');
  await expect(told).toContainText('no model');
  await expect(told).toContainText('data 0s old');
  await expect(told.locator('.data-card.is-high').first()).toContainText('Failed DAG: 6g_calc_workflow_V2');

  const tool = told.locator('.tool-call').first();
  await tool.locator('summary').click();
  await expect(tool.getByText('As of')).toBeVisible();
  await expect(tool.getByRole('link', { name: 'Open the page that shows this' })).toBeVisible();

  await told.getByRole('link', { name: 'enrich_6g_calc_results' }).click();
  await expect(page).toHaveURL(new RegExp(`/rca\\?.*run=${FAILED_RUN}`));
});

test('a follow-up stands behind the first question, and both have an address', async ({ page, open }) => {
  await open(`/?date=${DATE}`);
  await ask(page, 'How is derivatives doing?');
  await expect(answer(page)).toContainText('DERIVATIVES');
  await ask(page, 'And what is it waiting for?');
  await expect(turns(page)).toHaveCount(2);
  await expect(answer(page)).toContainText('DERIVATIVES');
  const address = await answer(page).getByRole('link', { name: 'Link to this answer' }).getAttribute('href');
  expect(address).toMatch(/^\/chat\/[\w-]+\?.*turn=\d+#turn-\d+$/);
  await open('/explorer');
  await open(address!);
  await expect(turns(page)).toHaveCount(2);
  await expect(page.locator(new URL(address!, 'http://x').hash)).toContainText('And what is it waiting for?');
});

test('what is taken out of the context is not sent', async ({ page, open }) => {
  await open('/?date=2026-02-17');
  const tag = page.getByRole('checkbox', { name: '17-Feb-2026' });
  await expect(tag).toBeChecked();
  await page.locator('.context-tag').filter({ hasText: '17-Feb-2026' }).click();
  await expect(tag).not.toBeChecked();
  await ask(page, 'What failed in FR2052A?');
  await expect(answer(page), 'without the date of the page it is today').toContainText('18-Feb-2026');
});

test('rows put the question about themselves into the field', async ({ page, open, javaScriptEnabled }) => {
  await open(`/?date=${DATE}&phase=ALL&open=6G-FR2052a-E2E`);
  await page.getByRole('main').getByRole('button', { name: 'Ask SENTRY AI' }).click();
  // Without a script it is asked at once.
  if (javaScriptEnabled) {
    await expect(field(page)).toHaveValue('What failed in FR2052A (6G)? Give me the RCA.');
    await expect(field(page)).toBeFocused();
    await expect(turns(page)).toHaveCount(0);
    await field(page).press('Enter');
  }
  await expect(turns(page).last()).toContainText('What failed in FR2052A (6G)? Give me the RCA.');
  await expect(answer(page)).toContainText('enrich_6g_calc_results');
});

test('another version of a question is a branch', async ({ page, open }) => {
  await open('/chat');
  await ask(page, 'How is derivatives doing?');
  await expect(answer(page)).toContainText('DERIVATIVES');
  await turns(page).first().locator('.question-edit summary').click();
  await page.getByRole('textbox', { name: 'Edit: How is derivatives doing?' }).fill('How is SNU doing?');
  await page.getByRole('button', { name: 'Ask again' }).click();
  await expect(answer(page)).toContainText('SNU');
  await expect(turns(page)).toHaveCount(1);
  await expect(turns(page)).toContainText('2/2');
  await page.getByRole('link', { name: 'Earlier version' }).click();
  await expect(turns(page)).toContainText('How is derivatives doing?');
  await expect(turns(page)).toContainText('1/2');
});

test('a thumb and its comment are kept', async ({ page, open }) => {
  await open('/chat');
  await ask(page, 'What can you do?');
  await answer(page).getByRole('button', { name: 'Good answer' }).click();
  await expect(answer(page).getByRole('button', { name: 'Good answer' })).toHaveAttribute('aria-pressed', 'true');
  await answer(page).getByRole('textbox', { name: 'Why?' }).fill('short');
  // Without JavaScript the form leads to the page anew: that must not be left before it is there.
  const saved = page.waitForResponse((response) => {
    const first = response.request().redirectedFrom() ?? response.request();
    return response.ok() && first.url().endsWith('/api/ui/rate_turn');
  });
  await answer(page).getByRole('button', { name: 'Save' }).click();
  await (await saved).finished();
  await open(page.url());
  await expect(answer(page).getByRole('textbox', { name: 'Why?' })).toHaveValue('short');
});

test('conversations are found, named, shared and deleted', async ({ page, open }) => {
  await open('/chat');
  await ask(page, 'Which batches depend on SNU?');
  await expect(answer(page)).toContainText('SNU');
  const list = page.getByRole('navigation', { name: 'Conversations' });
  // Where the clock stands still, the newest is not known from its time.
  const item = () => list.locator('.thread-item').filter({ hasText: /Which batches depend on SNU|Who waits for SNU/ });
  await expect(item()).toContainText('1 question');
  await item().locator('.thread-menu > summary').click();
  await item().getByRole('textbox', { name: 'Title' }).fill('Who waits for SNU');
  await item().getByRole('button', { name: 'Rename' }).click();
  await expect(item()).toContainText('Who waits for SNU');
  await item().locator('.thread-menu').evaluate((menu) => menu.setAttribute('open', ''));
  await item().getByRole('button', { name: 'Share in the project' }).click();
  await expect(item()).toContainText('shared');

  const search = list.getByRole('searchbox', { name: 'Search conversations' });
  await search.fill('no such words at all');
  await search.press('Enter');
  await expect(list).toContainText('No conversation holds these words');
  await search.fill('waits for');
  await search.press('Enter');
  await expect(list.getByRole('link', { name: 'Who waits for SNU' })).toBeVisible();

  await item().locator('.thread-menu > summary').click();
  await item().locator('.confirm > summary').click();
  await item().getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(list.getByRole('link', { name: 'Who waits for SNU' })).toHaveCount(0);
});

test('what cannot be answered is declined with what can', async ({ page, open }) => {
  await open('/chat');
  await ask(page, 'Can you restart the failed run?');
  await expect(answer(page)).toContainText('Tier 3');
  await expect(answer(page).locator('.chip').first()).toBeVisible();
});

test('an unknown conversation is an error that says so', async ({ page, open, watch }) => {
  watch.allow(/\b404\b/);
  const response = await open('/chat/no-such-thread');
  expect(response.status()).toBe(404);
  await expect(conversation(page).getByRole('alert')).toBeVisible();
  await expect(field(page)).toBeVisible();
});
