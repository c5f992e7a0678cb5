import { enterAs, expect, test } from '../support/app.ts';
import { awake, badge, connect } from '../support/journey.ts';

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
