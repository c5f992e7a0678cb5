import { execFileSync } from 'node:child_process';
import { defineConfig, devices } from '@playwright/test';

// `make e2e` and `make test` say where Chromium is; a plain `npx playwright test` asks.
process.env.CHROMIUM ??= execFileSync('cargo', ['xtask', 'browser'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();

const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 30_000,
  expect: { timeout: 5_000 },
  reporter: [['list'], ['html', { open: 'never' }], ['./support/reporter.ts']],
  use: {
    ...devices['Desktop Chrome'],
    channel: undefined,
    locale: 'en-US',
    timezoneId: 'UTC',
    trace: { mode: 'retain-on-failure', screenshots: false },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      chromiumSandbox: !isRoot,
      args: [
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        // The tests stay on this machine, and so does the browser.
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  // Every test runs twice, unless its title says `@wasm` or `@plain`. Tags leave no skipped test behind, as `test.skip` would.
  projects: [
    {
      name: 'wasm',
      grepInvert: /@plain\b/,
      use: { permissions: ['clipboard-read', 'clipboard-write'] },
    },
    {
      name: 'plain',
      grepInvert: /@wasm\b/,
      use: { javaScriptEnabled: false },
    },
  ],
});
