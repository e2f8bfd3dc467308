import { defineConfig, devices } from '@playwright/test';

// Starts no server itself: the specs do, through their fixtures, so that each chooses its estate and clock.
// Journeys, accounts and the assistant run twice: without JavaScript (what the server renders) and with it (hydrated); everything else with it.
export default defineConfig({
  testDir: 'specs',
  outputDir: '../target/end2end',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  fullyParallel: true,
  retries: 0, // a flaky test is a failing test
  workers: 2,
  reporter: [
    ['list'],
    ['json', { outputFile: '../target/logs/browser-tests.json' }],
  ],
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1440, height: 900 },
    deviceScaleFactor: 1,
    locale: 'en-GB',
    timezoneId: 'UTC',
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'no-js', testMatch: ['journeys.spec.ts', 'accounts.spec.ts', 'assistant.spec.ts'], use: { javaScriptEnabled: false } },
    { name: 'js' },
  ],
});
