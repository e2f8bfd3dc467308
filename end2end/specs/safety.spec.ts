// What every answer carries, and what a browser is allowed to do with a page.
import { expect, test } from '../support/test.ts';

const PAGES = ['/', '/explorer', '/rca', '/essentials/TB-Derivatives', '/chat', '/no/such/page', '/?date=x'];

test('pages carry a strict policy with a nonce of their own', async ({ request }) => {
  const nonces = new Set<string>();
  for (const path of PAGES) {
    const response = await request.get(path);
    const headers = response.headers();
    const policy = Object.fromEntries(
      headers['content-security-policy'].split(';').map((directive) => {
        const [name, ...values] = directive.trim().split(/\s+/);
        return [name, values];
      }),
    );
    expect(policy['default-src'], path).toEqual(["'self'"]);
    expect(policy['object-src']).toEqual(["'none'"]);
    expect(policy['base-uri']).toEqual(["'none'"]);
    expect(policy['frame-ancestors']).toEqual(["'none'"]);
    expect(policy['form-action']).toEqual(["'self'"]);
    for (const directive of ['script-src', 'style-src']) {
      const values = policy[directive];
      expect(values, `${path}: ${directive}`).not.toContain("'unsafe-inline'");
      expect(values).not.toContain("'unsafe-eval'");
      expect(values.some((value) => /^(https?:|\*)/.test(value)), 'no other host').toBe(false);
    }
    const nonce = policy['script-src'].map((value) => /^'nonce-(.+)'$/.exec(value)?.[1]).find(Boolean)!;
    expect(nonce.length).toBeGreaterThanOrEqual(16);
    expect(nonces.has(nonce), 'a nonce is used once').toBe(false);
    nonces.add(nonce);

    const html = await response.text();
    const inline = [...html.matchAll(/<(script|style)\b([^>]*)>/g)].filter(([, , attributes]) => !/\bsrc=/.test(attributes));
    for (const [tag] of inline) expect(tag).toContain(`nonce="${nonce}"`);
    expect(html, 'no inline style or handler').not.toMatch(/<[a-z][^>]* (style|on[a-z]+)="/);

    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('same-origin');
    expect(headers['permissions-policy']).toContain('camera=()');
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(headers['x-request-id']).toBeTruthy();
  }
});

test('a browser refuses scripts and styles that are not ours', async ({ page, open, watch }) => {
  watch.allow(/Content Security Policy/, /request failed: .*csp/);
  await open('/');
  const ran = await page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'window.injected = true';
    document.body.append(script);
    const styled = document.createElement('p');
    styled.setAttribute('style', 'position: fixed');
    document.body.append(styled);
    const fetched = await fetch('http://localhost:9/').then(
      () => true,
      () => false,
    );
    return {
      script: 'injected' in window,
      style: getComputedStyle(styled).position,
      fetched,
    };
  });
  expect(ran).toEqual({ script: false, style: 'static', fetched: false });
  expect(watch.refused(), 'the policy said so').toBeGreaterThanOrEqual(3);
});

test('text of the sources is text, never markup', async ({ page, open, request }) => {
  for (const path of ['/explorer?q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E', '/essentials/TB-Derivatives?slice=%22%3E%3Cscript%3E']) {
    const html = await (await request.get(path)).text();
    expect(html).not.toContain('<img src=x');
    expect(html).not.toContain('"><script>');
    await open(path);
    await expect(page.locator('main img, main script')).toHaveCount(0);
  }
});

test('another site can neither frame nor ask', async ({ request }) => {
  const foreign = await request.get('/', { headers: { host: 'evil.example' } });
  expect(foreign.status()).toBe(421);
  const posted = await request.post('/api/lenz/refresh', { headers: { origin: 'http://evil.example' } });
  expect(posted.status()).toBe(403);
  expect(posted.headers()['content-type']).toContain('application/problem+json');
});
