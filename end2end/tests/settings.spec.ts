import { axe, enterAs, expect, test, watchConsole } from '../support/app.ts';
import { configurations, connect } from '../support/journey.ts';

test('the Meta app is confirmed by Meta, and what the environment fixes is only shown', async ({ page }) => {
  const noErrors = watchConsole(page);
  await enterAs(page, 'admin');
  await page.goto('/settings/meta-app');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Meta app');
  await expect(page.getByLabel('App ID')).toHaveAttribute('readonly');
  await expect(page.getByText('/connect/facebook/callback')).toBeVisible();
  await axe(page);
  await page.getByRole('button', { name: 'Check' }).click();
  await expect(page.getByText(/^Meta knows this app: /)).toBeVisible();
  await axe(page);
  noErrors();
});

test('the PIN is shown to an admin, and changed', async ({ page, sandbox }) => {
  const noErrors = watchConsole(page);
  await enterAs(page, 'admin');
  const id = await connect(page, sandbox);
  await page.getByRole('link', { name: 'Show or change' }).click();
  await expect(page).toHaveURL(`${configurations}/${id}/pin`);
  await page.getByRole('button', { name: 'Show PIN' }).click();
  await expect(page.locator('#pin-shown')).toHaveText(/^\d{6}$/);
  await axe(page);
  await page.getByLabel('New PIN').fill('246810');
  await page.getByRole('button', { name: 'Change PIN' }).click();
  await expect(page.getByText('Meta has taken the new PIN, and it is kept here.')).toBeVisible();
  await page.getByRole('button', { name: 'Show PIN' }).click();
  await expect(page.locator('#pin-shown')).toHaveText('246810');
  noErrors();
});

test('support sees no PIN and no Meta app', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  const id = await connect(page, sandbox);
  await page.context().clearCookies();
  await enterAs(page, 'support');
  await page.goto(`${configurations}/${id}`);
  await expect(page.getByRole('link', { name: 'Show or change' })).toHaveCount(0);
  await page.goto(`${configurations}/${id}/pin`);
  await expect(page.getByText('This needs the role admin.')).toBeVisible();
  expect((await page.goto('/settings/meta-app'))?.status()).toBe(403);
});

test('the token explains itself, and its reminder is moved', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  const technical = page.locator('#technical');
  await technical.locator('> summary').click();
  for (const text of ['Business integration token, without an end', 'Never', 'WABA IDs']) {
    await expect(technical.getByText(text, { exact: true }).first()).toBeVisible();
  }
  await page.getByLabel('Remind me to change it').selectOption('90');
  await technical.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByLabel('Remind me to change it')).toHaveValue('90');
});
