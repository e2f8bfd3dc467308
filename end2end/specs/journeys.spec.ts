// What people do with SENTRY, without JavaScript and with it.
import fs from 'node:fs';
import { arrowOf, cards, expectedRows, namesShown, rowOf, rowsShown } from '../support/board.ts';
import { expect, test } from '../support/test.ts';

const DATE = '2026-02-18';
/** The run of the reference estate that failed with four steps behind it. */
const FAILED_RUN = 'FGW_6g_calc_workflow_V2_2026-02-18_6G-GLOBAL-SLICE-2_1771371854588';

test('the board says what the status rules answer, in every phase', async ({ page, open }) => {
  await open(`/?date=${DATE}`);
  expect(await rowsShown(page)).toEqual(expectedRows('PRELIM'));
  const phases = page.getByRole('navigation', { name: 'Phase' });
  await expect(phases.getByRole('link', { name: 'PRELIM' })).toHaveAttribute('aria-current', 'true');

  await phases.getByRole('link', { name: 'FINAL' }).click();
  await expect(page).toHaveURL(/[?&]phase=FINAL/);
  await expect.poll(() => rowsShown(page)).toEqual(expectedRows('FINAL'));

  await phases.getByRole('link', { name: 'ALL' }).click();
  await expect(page).toHaveURL(/[?&]phase=ALL/);
  await expect.poll(() => rowsShown(page)).toEqual(expectedRows('ALL'));
  expect(await cards(page)).toEqual(['9', '5', '2', '1', '1']);
  await expect(page.getByText('9 batches')).toBeVisible();
});

test('a card filters the board, a heading sorts it, a name finds it', async ({ page, open, javaScriptEnabled }) => {
  await open(`/?date=${DATE}&phase=ALL`);
  const card = (label: string) => page.getByRole('list', { name: 'Essentials by status' }).getByRole('link', { name: label });
  for (const [label, names] of [
    ['Failed', ['FR2052A (6G)']],
    ['Running', ['DERIVATIVES', 'COLLATERAL']],
    ['Not Started', ['UPC']],
    ['Completed', ['SECURITIES', 'PBSynthetics', 'SNU', 'SMAA', 'SECFIN']],
  ] as const) {
    await card(label).click();
    await expect.poll(() => namesShown(page)).toEqual(names);
    await expect(card(label)).toHaveAttribute('aria-current', 'true');
  }
  expect(await cards(page), 'the cards count all, whatever is filtered').toEqual(['9', '5', '2', '1', '1']);
  await card('Total Batches').click();
  await expect.poll(() => namesShown(page)).toHaveLength(9);

  const heading = page.getByRole('columnheader', { name: 'Last Updated' });
  await heading.getByRole('link').click();
  await expect(heading).toHaveAttribute('aria-sort', 'ascending');
  const times = async () => (await rowsShown(page)).map((row) => row.updated);
  const known = expectedRows('ALL').map((row) => row.updated).filter((time) => time !== '—').sort();
  await expect.poll(times).toEqual([...known, '—']);
  await heading.getByRole('link').click();
  await expect(heading).toHaveAttribute('aria-sort', 'descending');
  await expect.poll(times).toEqual([...known.reverse(), '—']);

  await page.locator('.name-filter summary').click();
  const field = page.getByRole('searchbox', { name: 'Name of an essential' });
  await field.fill('snu');
  if (!javaScriptEnabled) await field.press('Enter');
  await expect.poll(() => namesShown(page)).toEqual(['SNU']);
  await expect(page).toHaveURL(/[?&]q=snu/);
  if (javaScriptEnabled) await expect(page.getByText('1 batch', { exact: true })).toBeVisible();
});

test('from the board to the task that failed', async ({ page, open }) => {
  await open(`/?date=${DATE}&phase=ALL`);
  await arrowOf(page, 'FR2052A (6G)').click();
  await expect(page).toHaveURL(/[?&]open=6G-FR2052a-E2E/);
  await expect(arrowOf(page, 'FR2052A (6G)')).toHaveAttribute('aria-expanded', 'true');
  const datasets = page.getByRole('table', { name: 'Datasets' });
  await expect(datasets.locator('tbody tr')).toHaveCount(8);
  const failed = datasets.getByRole('row', { name: /6g_calc_workflow_V2/ });
  await expect(failed).toContainText('FAILED');
  await expect(datasets).toContainText('blocked by step 3');

  await rowOf(page, 'FR2052A (6G)').getByRole('link', { name: 'FR2052A (6G)', exact: true }).click();
  await expect(page).toHaveURL(/\/essentials\/6G-FR2052a-E2E\?/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('FR2052A (6G)');
  await expect(page.getByText('blocked by step 3').first()).toBeVisible();
  const matrix = page.getByRole('table', { name: 'The newest run of every slice by trigger' });
  await expect(matrix.getByRole('columnheader')).toContainText(['Slice', 'PRELIM', 'FINAL', 'MANUAL']);
  const run = matrix.locator(`a[title="${FAILED_RUN}"]`);
  await expect(run).toContainText('FAILED');

  await run.click();
  await expect(page).toHaveURL(new RegExp(`/rca\\?.*run=${FAILED_RUN}`));
  const tasks = page.getByRole('table', { name: `Tasks of run ${FAILED_RUN}` });
  const first = tasks.getByRole('row', { name: /first failure/ });
  await expect(first).toHaveCount(1);
  await expect(first).toContainText('enrich_6g_calc_results');
  await expect(first).toContainText('2/2');
  await expect(first).toContainText('EpsEnrichmentOperator');
  await expect(first).toContainText(/lri-worker-\d+/);
  await expect(tasks.getByRole('row', { name: /egress_6g_calc_results/ })).toContainText(/upstream failed/i);
  await expect(tasks.locator('rect.gantt-bar')).not.toHaveCount(0);
});

test('the essential page shows every slice, with runs by hand beside what they repair', async ({ page, open }) => {
  await open(`/essentials/TB-Derivatives?date=${DATE}`);
  await expect(page).toHaveTitle('DERIVATIVES RUNNING 4/6, 18-Feb-2026');
  const matrix = page.getByRole('table', { name: 'The newest run of every slice by trigger' });
  const slice = matrix.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'NA_DERIV_CFG', exact: true }) });
  await expect(slice.getByRole('cell').nth(0)).toContainText('SUCCESS');
  await expect(slice.getByRole('cell').nth(1)).toContainText('RUNNING');
  await expect(slice.getByRole('cell').nth(2)).toHaveText('—');

  // Cut down by name: a form, so that it works without a script.
  await page.getByRole('searchbox', { name: 'Slice holds' }).fill('svu');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/[?&]slice=svu/);
  await expect(matrix.locator('tbody tr th[scope=row]')).toHaveText([/SVU_NA/, /SVU_EMEA/, /SVU_APAC/]);
  await page.getByRole('link', { name: 'Clear' }).click();
  await expect(slice).toHaveCount(1);

  // A run by hand stands beside the one that it repairs.
  await open(`/essentials/TB-SecFIn?date=${DATE}`);
  const repaired = matrix.getByRole('row').filter({ hasText: 'repairs PRELIM' });
  await expect(repaired).toHaveCount(1);
  await expect(repaired.getByRole('rowheader')).toContainText('SECFIN_EMEA');
  await expect(repaired.getByRole('cell').nth(0)).toContainText('FAILED');
  await expect(repaired.getByRole('cell').nth(2)).toContainText('SUCCESS');
});

test('the failures of a date, what they hold up, and a date without any', async ({ page, open }) => {
  await open(`/rca?date=${DATE}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('RCA Analysis');
  const essential = page.locator('.failures-essential').filter({ hasText: 'FR2052A (6G)' });
  await expect(essential).toContainText('Step 3, PRELIM');
  await expect(essential.locator('.failures-blocked')).toContainText('Blocked by step 3');
  await expect(essential.locator('.failures-blocked li')).toHaveCount(4);
  await expect(essential.locator('.failures-waiting')).toContainText('UPC');
  await expect(page.getByRole('table', { name: `Tasks of run ${FAILED_RUN}` })).toBeVisible();
  await page.locator('.failed-run-head[aria-expanded=true]').click();
  await expect(page.locator('.failed-run-head[aria-expanded=true]')).toHaveCount(0);
  await page.locator('.failed-run-head').first().click();
  await expect(page.getByRole('table', { name: `Tasks of run ${FAILED_RUN}` })).toBeVisible();

  await page.getByRole('link', { name: /^Day before, / }).click();
  await expect(page).toHaveURL(/date=2026-02-17/);
  await expect(page.getByText('No run of 17-Feb-2026 has failed')).toBeVisible();
});

test('the explorer filters, sorts, searches and pages', async ({ page, open, javaScriptEnabled }) => {
  await open(`/explorer?date=${DATE}`);
  const total = page.getByText('445 runs', { exact: true });
  await expect(total).toBeVisible();
  const table = page.getByRole('table', { name: 'Runs of the date' });
  const rows = table.locator('tr.explorer-row');
  const apply = async () => {
    if (!javaScriptEnabled) await page.getByRole('button', { name: 'Filter' }).click();
  };

  const status = page.getByRole('searchbox', { name: 'Filter: Status' });
  await status.fill('=FAILED');
  await apply();
  await expect(page.getByText('2 of 445 runs match')).toBeVisible();
  await expect(rows).toHaveCount(2);
  for (const row of await rows.all()) await expect(row).toContainText('FAILED');

  await page.getByRole('searchbox', { name: 'Filter: all columns' }).fill('secfin emea');
  await apply();
  await expect(page.getByText('1 of 445 runs match')).toBeVisible();
  await expect(rows).toContainText(['FGW_secfin_stage_07_v1_V2_2026-02-18_SECFIN_EMEA_1771370910586']);

  await page.getByRole('link', { name: 'Clear filters' }).click();
  await expect(total).toBeVisible();
  await expect(status).toHaveValue('');

  const heading = page.getByRole('columnheader', { name: 'Duration' });
  await heading.getByRole('link').click();
  await expect(heading).toHaveAttribute('aria-sort', 'ascending');
  await expect(page).toHaveURL(/sort=duration/);
  await heading.getByRole('link').click();
  await expect(heading).toHaveAttribute('aria-sort', 'descending');
  const longest = await page.request.get(`/api/runs?date=${DATE}&sort=-duration&limit=1`);
  const [{ run_id: longestRun }] = ((await longest.json()) as { runs: { run_id: string }[] }).runs;
  await expect(rows.first()).toContainText(longestRun);

  await page.getByRole('link', { name: 'Next 200' }).click();
  await expect(page).toHaveURL(/offset=200/);
  const second = await page.request.get(`/api/runs?date=${DATE}&sort=-duration&limit=1&offset=200`);
  const [{ run_id: secondRun }] = ((await second.json()) as { runs: { run_id: string }[] }).runs;
  await expect(table.locator('tr[aria-rowindex="203"]')).toContainText(secondRun);
  await expect(table.locator('tr[aria-rowindex="203"]')).toBeInViewport();
  await page.getByRole('link', { name: 'Previous 200' }).click();
  await expect(rows.first()).toContainText(longestRun);
});

test('what is exported is what is shown', async ({ page, open, javaScriptEnabled }) => {
  await open(`/explorer?date=${DATE}`);
  await page.getByRole('searchbox', { name: 'Filter: Slice' }).fill('deriv_cfg');
  if (!javaScriptEnabled) await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page.getByText('of 445 runs match')).toBeVisible();
  await page.getByRole('columnheader', { name: 'Run ID' }).getByRole('link').click();
  await expect(page).toHaveURL(/sort=run/);
  const rows = page.getByRole('table', { name: 'Runs of the date' }).locator('tr.explorer-row');
  const answer = await page.request.get(`/api/runs?date=${DATE}&slice=deriv_cfg&sort=run`);
  const { runs } = (await answer.json()) as { runs: { run_id: string; status: string }[] };
  expect(runs.length).toBeGreaterThan(2);
  const shown = runs.map((run) => run.run_id);
  await expect.poll(() => rows.locator('td:last-child').allInnerTexts()).toEqual(shown);

  const download = async (name: string) => {
    const started = page.waitForEvent('download');
    await page.getByRole('link', { name }).click();
    const file = await started;
    return { name: file.suggestedFilename(), text: fs.readFileSync(await file.path(), 'utf8') };
  };
  const json = await download('Export JSON');
  expect(json.name).toBe(`sentry-runs-${DATE}.json`);
  expect(JSON.parse(json.text)).toEqual(runs);

  const csv = await download('Export CSV');
  expect(csv.name).toBe(`sentry-runs-${DATE}.csv`);
  const [head, ...lines] = csv.text.trimEnd().split('\r\n').map((line) => line.split(','));
  const column = (name: string) => lines.map((line) => line[head.indexOf(name)]);
  expect(column('run')).toEqual(shown);
  expect(column('status')).toEqual(runs.map((run) => run.status));
});

test('another date, and back', async ({ page, open, javaScriptEnabled }) => {
  await open(`/?date=${DATE}`);
  const show = async (date: string) => {
    await page.getByLabel('Business date').fill(date);
    if (!javaScriptEnabled) await page.getByRole('button', { name: 'Show', exact: true }).click();
    await expect(page).toHaveURL(new RegExp(`date=${date}`));
  };
  await show('2026-02-17');
  await expect(page).toHaveTitle(/, 17-Feb-2026$/);
  await expect.poll(async () => (await rowsShown(page)).map((row) => row.started)).toEqual(Array(9).fill('—'));
  await show(DATE);
  await expect(page).toHaveTitle(/, 18-Feb-2026$/);
  await expect.poll(() => rowsShown(page)).toEqual(expectedRows('PRELIM'));
});

test('an alias leads to the essential; a slip of the pen to a page with its neighbours', async ({ page, open, watch }) => {
  for (const name of ['DERIV', 'derivatives', 'tb-derivatives']) {
    const response = await open(`/essentials/${name}?date=${DATE}`);
    expect(response.status()).toBe(200);
    await expect(page.getByRole('heading', { level: 1 })).toContainText('DERIVATIVES');
  }
  watch.allow(/\b404\b/);
  const response = await open(`/essentials/derivatves?date=${DATE}`);
  expect(response.status()).toBe(404);
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('Not found');
  await expect(alert).toContainText('Did you mean');
  await alert.getByRole('link', { name: 'TB-Derivatives' }).click();
  await expect(page).toHaveURL(/\/essentials\/TB-Derivatives/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('DERIVATIVES');

  expect((await open('/no/such/page')).status()).toBe(404);
  await expect(page.getByRole('alert')).toContainText('Not found');
});

test('a malformed date or phase is refused by its name', async ({ page, open, watch }) => {
  watch.allow(/\b400\b/);
  for (const [path, parameter] of [
    ['/?date=2026-02-30', 'date'],
    ['/?date=yesterday', 'date'],
    [`/?date=${DATE}&phase=MAYBE`, 'phase'],
    ['/explorer?date=18-02-2026', 'date'],
    ['/rca?date=1', 'date'],
    ['/essentials/TB-Derivatives?date=x', 'date'],
  ]) {
    const response = await open(path);
    expect(response.status(), path).toBe(400);
    await expect(page.getByRole('alert'), path).toContainText(`${parameter}:`);
  }
  await page.getByRole('alert').getByRole('link', { name: 'Dashboard' }).click();
  await expect.poll(() => rowsShown(page)).toEqual(expectedRows('PRELIM'));
});

test('areas that come later say so and lead nowhere', async ({ page, open }) => {
  await open('/');
  const areas = page.getByRole('navigation', { name: 'Areas' });
  await expect(areas.getByRole('link')).toHaveText([
    'Dashboard',
    'Batch Explorer',
    'RCA Analysis',
    'Audit Log',
    'AI Agents',
    'Traces',
    'AI Costs',
  ]);
  for (const label of ['AWS Metrics', 'Predictions']) {
    await expect(areas.getByText(label)).toHaveAttribute('title', /later version/);
  }
  for (const [label, path] of [['Batch Explorer', '/explorer'], ['RCA Analysis', '/rca'], ['AI Agents', '/agents'], ['Dashboard', '/']] as const) {
    await areas.getByRole('link', { name: label }).click();
    await expect(page).toHaveURL((url) => url.pathname === path);
    await expect(areas.getByRole('link', { name: label })).toHaveAttribute('aria-current', 'page');
  }
});

test('the demo estate says on every page that it is made up', async ({ page, demo, open }) => {
  for (const path of ['/', '/explorer', '/rca']) {
    await open(`${demo.url}${path}`);
    await expect(page.locator('.demo-ribbon')).toContainText('DEMO');
    await expect(page.getByTitle('Environment')).toHaveText('DEMO');
  }
  await open(`${demo.url}/`);
  expect(await namesShown(page)).toHaveLength(12);
});
