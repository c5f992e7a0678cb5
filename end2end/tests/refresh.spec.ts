import { type Page } from '@playwright/test';
import { enterAs, expect, test } from '../support/app.ts';
import { awake, badge, connect, throughDialog } from '../support/journey.ts';
import { type Sandbox, world } from '../support/sandbox.ts';

const refresh = (page: Page) => page.locator('.page-header').getByRole('button', { name: /Refresh/ });
const check = (page: Page) => page.getByRole('button', { name: 'Check now' }).first();

async function connected(page: Page, sandbox: Sandbox): Promise<string> {
  await enterAs(page, 'admin');
  return connect(page, sandbox);
}

test('a token that does not end is confirmed by Meta', async ({ page, sandbox }) => {
  await connected(page, sandbox);
  await refresh(page).click();
  await expect(page.getByText('Meta confirms that this token does not end')).toBeVisible();
  await expect(badge(page)).toHaveText('Connected');
  await expect(refresh(page)).toBeEnabled();
});

test('the pressed button keeps its width and says what it is doing @wasm', async ({ page, sandbox }) => {
  await connected(page, sandbox);
  await awake(page);
  const button = refresh(page);
  await expect(button).toHaveAccessibleName('Refresh token');
  const before = (await button.boundingBox())!;
  // Everything happens but the sending, so that there is time to look.
  await page.evaluate(() => window.addEventListener('submit', (event) => event.preventDefault()));
  await button.click();
  await expect(button.getByText('Refreshing…')).toBeVisible();
  await expect(button.getByText('Refresh token')).toBeHidden();
  await expect(button).toHaveAccessibleName('Refreshing…');
  await expect(page.locator('#announcer')).toHaveText('Refreshing…');
  const during = (await button.boundingBox())!;
  expect([during.width, during.height]).toEqual([before.width, before.height]);
});

test('a slow Meta does not hold the page up: it shows the work, and its end by itself', async ({ page, sandbox }) => {
  await connected(page, sandbox);
  await sandbox.fault({ on: 'debug_token', kind: 'slow', delayMs: 5_000, times: 1 });
  await refresh(page).click();
  await expect(page.locator('.activity')).toContainText('Refreshing…');
  await expect(refresh(page)).toBeDisabled();
  await expect(refresh(page)).toHaveAccessibleName('Refreshing…');
  await expect(page.getByRole('button', { name: 'Check now' })).toBeDisabled();
  // Everything that was known is still there.
  await expect(page.getByRole('region', { name: 'IDs for developers' })).toContainText(world.sol.waba);
  await expect(page.getByText('Meta confirms that this token does not end')).toBeVisible({ timeout: 12_000 });
  await expect(refresh(page)).toBeEnabled();
  await expect(refresh(page)).toHaveAccessibleName('Refresh token');
});

test('a token that ends tomorrow needs attention, and a refresh gives it sixty days', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await sandbox.switches({ tokenLife: 'sixtyDays' });
  await connect(page, sandbox);
  await expect(badge(page)).toHaveText('Connected');
  await sandbox.scenario('token_ends_tomorrow');
  await check(page).click();
  await expect(badge(page)).toHaveText('Needs attention');
  const todo = page.getByRole('region', { name: 'What to do' });
  await expect(todo).toContainText(/The token ends in (23|24) hours|The token ends (in a day|tomorrow|in 1 day)/);
  await todo.getByRole('button', { name: /Refresh/ }).click();
  await expect(page.getByText(/New token works until \d{1,2} \w+ \d{4}\./)).toBeVisible();
  await expect(badge(page)).toHaveText('Connected');
  await expect(todo).toBeHidden();
});

test('a dead token is told, with its cause, and signing in again repairs the same number', async ({ page, sandbox }) => {
  const id = await connected(page, sandbox);
  await sandbox.scenario('password_changed');
  await check(page).click();
  await expect(badge(page)).toHaveText('Not working');
  const todo = page.getByRole('region', { name: 'What to do' });
  await expect(todo).toContainText("Meta no longer accepts this connection's token.");
  await expect(refresh(page)).toHaveCount(0);
  const answers = page.getByRole('region', { name: 'What works' });
  await expect(answers.getByRole('listitem').filter({ hasText: 'Replying' })).toContainText('Stopped');
  await todo.getByRole('link', { name: 'Reconnect' }).scrollIntoViewIfNeeded();
  const scripted = test.info().project.name === 'wasm';
  if (scripted) {
    await awake(page);
    const [popup] = await Promise.all([page.waitForEvent('popup'), todo.getByRole('link', { name: 'Reconnect' }).click()]);
    await throughDialog(popup);
  } else {
    await todo.getByRole('link', { name: 'Reconnect' }).click();
    await throughDialog(page);
    await page.getByRole('link', { name: 'Open the number' }).click();
  }
  await page.waitForURL(new RegExp(`/configurations/${id}$`));
  await expect(badge(page)).toHaveText('Connected');
});

test('when Meta does not answer a check, the page says how old its truth is', async ({ page, sandbox }) => {
  await connected(page, sandbox);
  await sandbox.scenario('meta_down');
  await check(page).click();
  await expect(page.getByText(/Meta did not answer at \d\d:\d\d UTC\. You see what was true at \d\d:\d\d UTC\./)).toBeVisible({
    timeout: 15_000,
  });
  await expect(badge(page)).toHaveText('Connected');
  await sandbox.clearFaults();
  await expect(check(page)).toBeEnabled();
  await check(page).click();
  await expect(page.getByText(/Checked with Meta ·/)).toBeVisible();
  await expect(page.getByText('Meta did not answer')).toBeHidden();
});

test('the badge turns green before one\'s eyes when Meta is content again @wasm', async ({ page, sandbox }) => {
  const id = await connected(page, sandbox);
  await sandbox.scenario('payment_missing', { waba: world.sol.waba });
  await check(page).click();
  await expect(badge(page)).toHaveText('Needs attention');
  await awake(page);
  await sandbox.scenario('payment_restored', { waba: world.sol.waba });
  // Somebody else checks.
  await page.request.post('/_fn/check_connection', { form: { connection: id }, headers: { origin: new URL(page.url()).origin } });
  await expect(badge(page)).toHaveText('Connected', { timeout: 10_000 });
});
