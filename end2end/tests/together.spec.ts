import { enterAs, expect, test } from '../support/app.ts';
import { awake, badge, connect } from '../support/journey.ts';
import { world } from '../support/sandbox.ts';

test('what one person does, the other sees without doing anything @wasm', async ({ page, browser, baseURL, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  const address = page.url();
  const elsewhere = await browser.newContext({ baseURL, locale: 'en-US', timezoneId: 'UTC' });
  const watched = await elsewhere.newPage();
  await enterAs(watched, 'support');
  await watched.goto(address);
  await awake(watched);
  await watched.getByText('Technical details').click();
  await expect(watched.getByText('App subscribed')).toBeVisible();
  let loads = 0;
  watched.on('domcontentloaded', () => (loads += 1));

  await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
  await page.getByRole('button', { name: 'Disconnect number' }).click();
  await expect(badge(page)).toHaveText('Disconnected');

  await expect(badge(watched)).toHaveText('Disconnected', { timeout: 10_000 });
  await expect(watched.getByRole('region', { name: 'What works' })).toContainText('Off');
  await expect(watched.getByText('App subscribed'), 'what was open stays open').toBeVisible();
  expect(loads, 'the page was not loaded again').toBe(0);
  await elsewhere.close();
});

test('what Meta sends is on the page at once; a viewer, who may read no events, sees it a little later @wasm', async ({
  page,
  browser,
  baseURL,
  sandbox,
}) => {
  // A page that never asks by itself.
  await page.addInitScript(() => {
    window.setInterval = (() => 0) as unknown as typeof window.setInterval;
  });
  await enterAs(page, 'admin');
  // It asks once when it begins to hear of events.
  const hears = page.waitForResponse('**/_fn/connection_version');
  await connect(page, sandbox);
  await hears;
  const elsewhere = await browser.newContext({ baseURL, locale: 'en-US', timezoneId: 'UTC' });
  const viewer = await elsewhere.newPage();
  let lines = 0;
  viewer.on('websocket', () => (lines += 1));
  await enterAs(viewer, 'viewer');
  await viewer.goto(page.url());
  await awake(viewer);
  for (const watched of [page, viewer]) await expect(watched.getByText('Last event')).toHaveCount(0);

  await sandbox.webhook({ number: world.sol.number, text: 'Hello' });
  await expect(page.getByText('Last event').first()).toBeVisible();
  await expect(viewer.getByText('Last event').first()).toBeVisible({ timeout: 10_000 });
  expect(lines, 'nobody is refused again and again').toBe(0);
  await elsewhere.close();
});

test('a button that is pressed after the session ended leads to the login, and back', async ({ page, context, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await context.clearCookies();
  await page.getByRole('button', { name: 'Check now' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are not signed in.');
  const opened = context.waitForEvent('page');
  await page.getByRole('link', { name: 'Log in' }).click();
  const login = await opened;
  await expect(login).toHaveURL(/\/login\?next=/);
  await login.getByRole('button', { name: /^Enter as .* · admin$/ }).click();
  await expect(badge(login)).toHaveText('Connected');
  await page.reload();
  await expect(badge(page), 'what was pressed is sent once more').toHaveText('Connected');
});
