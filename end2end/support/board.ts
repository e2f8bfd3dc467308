// The board as a person sees it, and what it has to say by the status rules.
import fs from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { PROJECT } from './sentry.ts';

/** What one row of the board says, in the order of its columns. */
export interface BoardRow {
  name: string;
  status: string;
  progress: string;
  datasets: string;
  started: string;
  updated: string;
  eta: string;
}

/** The table of essentials. */
export const board = (page: Page): Locator => page.getByRole('table', { name: 'All Essentials' });

/** The row of one essential. */
export const rowOf = (page: Page, name: string): Locator =>
  board(page).locator('tr.board-row').filter({ has: page.getByRole('link', { name, exact: true }) });

/** The arrow that expands the row of one essential. */
export const arrowOf = (page: Page, name: string): Locator =>
  page.getByRole('link', { name: `Datasets of ${name}`, exact: true });

/** Names of the essentials shown, from top to bottom. */
export const namesShown = (page: Page): Promise<string[]> => board(page).locator('tr.board-row .essential-link').allInnerTexts();

/** Every row shown, from top to bottom. */
export async function rowsShown(page: Page): Promise<BoardRow[]> {
  return board(page)
    .locator('tr.board-row')
    .evaluateAll((rows) =>
      rows.map((row) => {
        const cells = [...row.children].map((cell) => (cell as HTMLElement).innerText.trim());
        const [, name, status, , progress, datasets, started, updated, eta] = cells;
        return { name, status, progress, datasets, started, updated, eta };
      }),
    );
}

/** Numbers on the five cards. */
export const cards = (page: Page): Promise<string[]> =>
  page.getByRole('list', { name: 'Essentials by status' }).locator('.summary-card-value').allInnerTexts();

interface ExpectedPhase {
  status: string;
  total_datasets: number;
  progress: string;
  started_at: string | null;
  last_updated: string | null;
}

interface ExpectedEssential {
  display_name: string;
  prelim: ExpectedPhase;
  final: ExpectedPhase;
  phase: 'PRELIM' | 'FINAL';
  status: string;
}

const expected = JSON.parse(
  fs.readFileSync(path.join(PROJECT, 'crates/testkit/fixtures/expected-dashboard.json'), 'utf8'),
) as { essentials: ExpectedEssential[] };

const LABELS: Record<string, string> = { PARTIAL_FAILURE: 'FAILED', NOT_STARTED: 'PENDING' };
const ETAS: Record<string, string> = { SUCCESS: 'Done', FAILED: 'Blocked', PARTIAL_FAILURE: 'Blocked' };

/** What the board of the reference estate says in `phase`. */
export function expectedRows(phase: 'PRELIM' | 'FINAL' | 'ALL'): BoardRow[] {
  const clock = (time: string | null): string => time?.slice(11, 19) ?? '—';
  return expected.essentials.map((essential) => {
    const shown = phase === 'ALL' ? essential.phase : phase;
    const numbers = shown === 'PRELIM' ? essential.prelim : essential.final;
    const waits = essential.status === 'WAITING' && numbers.status === 'NOT_STARTED';
    const status = phase === 'ALL' || waits ? essential.status : numbers.status;
    return {
      name: essential.display_name,
      status: LABELS[status] ?? status,
      progress: numbers.progress,
      datasets: String(numbers.total_datasets),
      started: clock(numbers.started_at),
      updated: clock(numbers.last_updated),
      eta: ETAS[status] ?? '—',
    };
  });
}
