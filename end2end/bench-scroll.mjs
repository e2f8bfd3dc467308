// Scrolls the explorer with the wheel: bench-scroll.mjs URL PIXELS
// Prints as JSON how long the page's thread and its frames took meanwhile. Part of `make bench`.
import { chromium } from '@playwright/test';

const [url, pixels] = process.argv.slice(2);
const TURN_PX = 400;

// Keeps the longest time between two frames, and the most rows that were drawn.
function watchFrames() {
  const seen = { frames: 0, slowest: 0, rows: 0, last: performance.now() };
  window.seen = seen;
  const frame = () => {
    const now = performance.now();
    seen.slowest = Math.max(seen.slowest, now - seen.last);
    seen.last = now;
    seen.frames += 1;
    seen.rows = Math.max(seen.rows, document.querySelectorAll('tr.explorer-row').length);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

// The longest task of the page's main thread, in ms. The browser's own list of long tasks begins at 50 ms.
function longestTask(trace) {
  const { traceEvents: events } = JSON.parse(trace.toString());
  const thread = ({ pid, tid }) => `${pid}:${tid}`;
  const mains = new Set(events.filter((event) => event.args?.name === 'CrRendererMain').map(thread));
  const tasks = events.filter((event) => event.name === 'RunTask' && mains.has(thread(event)));
  if (tasks.length === 0) throw new Error('Chromium traced no task of the page');
  return Math.max(...tasks.map(({ dur }) => dur ?? 0)) / 1000;
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const failures = [];
  page.on('pageerror', (error) => failures.push(error.message));
  page.on('console', (message) => message.type() === 'error' && failures.push(message.text()));
  await page.goto(url, { waitUntil: 'load', timeout: 20_000 });
  await page.locator('html[data-hydrated]').waitFor({ state: 'attached', timeout: 20_000 });
  const list = page.locator('.explorer-scroll');
  await list.hover();
  const total = Number(await page.locator('.explorer-table').getAttribute('aria-rowcount')) - 2;

  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline', '__metadata'] });
  await page.evaluate(watchFrames);
  for (let scrolled = 0; scrolled < Number(pixels); scrolled += TURN_PX) await page.mouse.wheel(0, TURN_PX);
  await page.waitForFunction((least) => document.querySelector('.explorer-scroll').scrollTop >= least, Number(pixels));
  const { frames, slowest, rows } = await page.evaluate(() => window.seen);
  const trace = await browser.stopTracing();
  if (failures.length > 0) throw new Error(failures.join('; '));
  console.log(JSON.stringify({
    browser: `Chromium ${browser.version()}`,
    rows: total,
    rows_drawn: rows,
    frames,
    slowest_frame_ms: slowest,
    longest_task_ms: longestTask(trace),
  }));
} finally {
  await browser.close();
}
