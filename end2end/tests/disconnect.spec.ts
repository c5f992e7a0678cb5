import { type Page } from '@playwright/test';
import { enterAs, expect, test } from '../support/app.ts';
import { awake, badge, configurations, connect, throughDialog } from '../support/journey.ts';
import { world } from '../support/sandbox.ts';

const disconnect = (page: Page) => page.getByRole('button', { name: 'Disconnect', exact: true });

async function askToDisconnect(page: Page): Promise<void> {
  await disconnect(page).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Disconnect ${world.sol.display}?`);
}

test('before a number is disconnected, its page says what that means; keeping it changes nothing', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  const id = await connect(page, sandbox);
  const callsBefore = (await sandbox.calls()).length;
  await askToDisconnect(page);
  await expect(page.getByText('Messages stop in both directions at once. The number stays yours at Meta; the history stays here.')).toBeVisible();
  await expect(page.getByRole('checkbox', { name: 'Also deregister the number at Meta' })).not.toBeChecked();
  await page.getByRole('link', { name: 'Keep it connected' }).click();
  await page.waitForURL(`${configurations}/${id}`);
  await expect(badge(page)).toHaveText('Connected');
  expect((await sandbox.calls()).slice(callsBefore).filter((call) => call.method !== 'GET')).toEqual([]);
});

test('a disconnected number is grey, Meta is told, and reconnecting revives the same address', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  const id = await connect(page, sandbox);
  await askToDisconnect(page);
  await page.getByRole('button', { name: 'Disconnect number' }).click();
  await page.waitForURL(`${configurations}/${id}`);
  await expect(badge(page)).toHaveText('Disconnected');
  await expect(badge(page)).toHaveClass(/\bidle\b/);
  await expect(page.getByText('Messages have stopped in both directions.')).toBeVisible();
  await expect(disconnect(page)).toHaveCount(0);
  const told = (await sandbox.calls()).map((call) => `${call.method} ${call.path}`);
  expect(told).toContainEqual(expect.stringMatching(new RegExp(`^DELETE .*${world.sol.waba}/subscribed_apps$`)));
  expect(told).toContainEqual(expect.stringMatching(/oauth\/revoke$/));
  expect(told).not.toContainEqual(expect.stringMatching(/deregister$/));

  const again = page.getByRole('link', { name: 'Reconnect' });
  if (test.info().project.name === 'wasm') {
    await awake(page);
    const [popup] = await Promise.all([page.waitForEvent('popup'), again.click()]);
    await throughDialog(popup);
  } else {
    await again.click();
    await throughDialog(page);
    await page.getByRole('link', { name: 'Open the number' }).click();
  }
  await page.waitForURL(new RegExp(`/configurations/${id}$`));
  await expect(badge(page)).toHaveText('Connected');
});

test('the number is deregistered at Meta only when that is ticked', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await askToDisconnect(page);
  await page.getByLabel('Also deregister the number at Meta').check();
  await page.getByRole('button', { name: 'Disconnect number' }).click();
  await expect(badge(page)).toHaveText('Disconnected');
  await expect(page.getByText('Messages have stopped in both directions.')).toBeVisible();
  const told = (await sandbox.calls()).map((call) => `${call.method} ${call.path}`);
  expect(told).toContainEqual(expect.stringMatching(new RegExp(`^POST .*${world.sol.number}/deregister$`)));
});

test('disconnecting ends although Meta refuses a part, which is listed', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await sandbox.fault({ on: 'waba/subscribed_apps', method: 'DELETE', kind: 'graph_error', code: 200, message: '(#200) Not yours' });
  await askToDisconnect(page);
  await page.getByRole('button', { name: 'Disconnect number' }).click();
  await expect(badge(page)).toHaveText('Disconnected');
  await expect(page.getByText('Meta refused a part of it:')).toBeVisible();
});
