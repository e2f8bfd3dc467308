// The assistant as a person sees it, in the panel and on its page.
import type { Locator, Page } from '@playwright/test';

/** The question of the reference estate with one true answer. */
export const RCA = 'What failed in FR2052A? Give me the RCA.';

/** The messages. */
export const conversation = (page: Page): Locator => page.getByRole('log', { name: 'Conversation' });

/** The field that questions are typed into. */
export const field = (page: Page): Locator => page.getByRole('textbox', { name: 'Question', exact: true });

/** One question with its answer; the newest one last. */
export const turns = (page: Page): Locator => conversation(page).locator('.chat-turn');

/** Types a question and sends it; it works the same without JavaScript. */
export async function ask(page: Page, question: string): Promise<void> {
  await field(page).fill(question);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** The newest answer, once it is whole. */
export function answer(page: Page): Locator {
  return turns(page).last().locator('.chat-message').filter({ has: page.locator('.answer-actions') });
}
