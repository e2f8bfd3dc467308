// First visits to a page, each in a fresh context: bench-page.mjs URL VISITS
// So many are timed; the bytes are counted in three more.
// Prints what they took as JSON. Part of `make bench`.
import { chromium } from '@playwright/test';

const [url, visits] = process.argv.slice(2);

// Runs before any script of the page: keeps the moment at which the app says that it is hydrated.
function watchHydration() {
  new MutationObserver((_, observer) => {
    if (document.documentElement?.dataset.hydrated === undefined) return;
    window.hydratedAt = performance.now();
    observer.disconnect();
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-hydrated'] });
}

// A visit until the page is hydrated; `watch` sees it from its beginning, and has the last word.
async function visit(browser, watch) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    const page = await context.newPage();
    const failures = [];
    page.on('pageerror', (error) => failures.push(error.message));
    page.on('console', (message) => message.type() === 'error' && failures.push(message.text()));
    const watched = await watch(context, page);
    await page.addInitScript(watchHydration);
    const response = await page.goto(url, { waitUntil: 'load', timeout: 20_000 });
    if (response?.status() !== 200) throw new Error(`${url}: ${response?.status()}`);
    await page.waitForFunction(() => window.hydratedAt !== undefined, null, { timeout: 20_000 }).catch(() => {
      throw new Error(`data-hydrated never appeared on the root element; ${failures.join('; ')}`);
    });
    const found = await watched();
    if (failures.length > 0) throw new Error(failures.join('; '));
    return found;
  } finally {
    await context.close();
  }
}

async function watchTimes(_, page) {
  return async () => {
    const times = await page.evaluate(() => ({
      hydrated: window.hydratedAt,
      paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    }));
    if (times.paint === undefined) throw new Error('Chromium reported no first contentful paint');
    return times;
  };
}

// Bytes on the network of every request, heads included. A stream that never ends counts what came.
// Counting them slows the visit down: visits that are timed do without.
async function watchTransfers(context, page) {
  const cdp = await context.newCDPSession(page);
  const requests = new Map();
  let lastChange = Date.now();
  const note = (event) => ({ id, ...fields }) => {
    const known = requests.get(id) ?? { received: 0 };
    requests.set(id, event(known, fields) ?? known);
    lastChange = Date.now();
  };
  const on = (name, event) => cdp.on(name, ({ requestId, ...fields }) => note(event)({ id: requestId, ...fields }));
  on('Network.requestWillBeSent', (request, { type }) => ({ ...request, type }));
  on('Network.responseReceived', (request, { type, response }) => ({
    ...request,
    type: response.mimeType === 'application/wasm' ? 'wasm' : type,
    stream: response.mimeType === 'text/event-stream',
    received: request.received + response.encodedDataLength,
  }));
  on('Network.dataReceived', (request, { encodedDataLength }) => ({
    ...request,
    received: request.received + encodedDataLength,
  }));
  on('Network.loadingFinished', (request, { encodedDataLength }) => ({
    ...request,
    received: encodedDataLength,
    done: true,
  }));
  on('Network.loadingFailed', (request) => ({ ...request, done: true }));
  await cdp.send('Network.enable');

  return async () => {
    await settled();
    const kinds = {};
    for (const { type, received } of requests.values()) {
      const kind = (type ?? 'other').toLowerCase();
      kinds[kind] = (kinds[kind] ?? 0) + received;
    }
    return { kinds, bytes: Object.values(kinds).reduce((sum, bytes) => sum + bytes, 0) };
  };

  // Nothing under way but streams, for half a second.
  async function settled() {
    for (let waited = 0; waited < 15_000; waited += 100) {
      const open = [...requests.values()].filter((request) => !request.done && !request.stream);
      if (open.length === 0 && Date.now() - lastChange > 500) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('the page never stops loading');
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
try {
  const timed = [];
  for (let count = 0; count < Number(visits); count += 1) timed.push(await visit(browser, watchTimes));
  const times = (name) => timed.map((visit) => visit[name]);
  const counted = [];
  for (let count = 0; count < 3; count += 1) counted.push(await visit(browser, watchTransfers));
  const heaviest = counted.reduce((most, visit) => (visit.bytes > most.bytes ? visit : most));
  console.log(JSON.stringify({
    browser: `Chromium ${browser.version()}`,
    paint_ms: median(times('paint')),
    slowest_paint_ms: Math.max(...times('paint')),
    hydrated_ms: median(times('hydrated')),
    slowest_hydrated_ms: Math.max(...times('hydrated')),
    bytes: heaviest.bytes,
    wasm_bytes: heaviest.kinds.wasm ?? 0,
    by_kind: Object.entries(heaviest.kinds).map(([kind, bytes]) => `${kind} ${(bytes / 1000).toFixed(1)}`).join(', '),
  }));
} finally {
  await browser.close();
}
