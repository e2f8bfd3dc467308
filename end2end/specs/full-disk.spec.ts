// A disk without room: writes are refused whole, reads go on, and what was acknowledged is there.
import { execFileSync } from 'node:child_process';
import { BINARY, REFERENCE_ESTATE, REFERENCE_NOW, Sentry } from '../support/sentry.ts';
import { expect, test } from '../support/test.ts';

const ROOM_KIB = 900;
const MOST_WRITES = 1_000;

test('a full disk refuses writes, not reads, and nothing is half-written', async ({ page, open }) => {
  const sentry = await Sentry.start({
    arguments: ['--estate', REFERENCE_ESTATE, '--now', REFERENCE_NOW],
    largestFileKiB: ROOM_KIB,
  });
  try {
    const create = (name: string) =>
      fetch(`${sentry.url}/api/ui/create_key`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ name, 'scopes[0]': 'read' }),
      });
    let made = 0;
    let refused: Response | undefined;
    while (refused === undefined && made < MOST_WRITES) {
      const answer = await create(`key ${made}`);
      if (answer.ok) made += 1;
      else refused = answer;
    }
    expect(refused?.status, `after ${made} keys`).toBe(503);
    expect(await refused!.text()).toContain('not available');
    expect(made).toBeGreaterThan(10);

    await open(`${sentry.url}/`);
    await expect(page.getByRole('table', { name: 'All Essentials' })).toContainText('DERIVATIVES');
    const [keys] = await (await fetch(`${sentry.url}/api/ui/list_keys`)).json();
    expect(keys).toHaveLength(made);
    const audit = execFileSync(BINARY, ['audit', 'verify', '--data-dir', sentry.data], { encoding: 'utf8' });
    expect(audit).toMatch(/^intact: /);
    const exported = execFileSync(BINARY, ['audit', 'export', '--data-dir', sentry.data], { encoding: 'utf8', stdio: 'pipe' });
    const records = exported.split('\n').filter((line) => line.startsWith('{"type":"record"'));
    const actions = records.map((line) => JSON.parse(JSON.parse(line).body).action);
    expect(actions.filter((action) => action === 'key.create')).toHaveLength(made);
  } finally {
    await sentry.stop();
  }
});
