import { type Page } from '@playwright/test';
import { axe, enterAs, expect, test } from '../support/app.ts';
import { awake, badge, byHand, choose, connect, goOnToReceiving, judge, ownApp, typeCredentials } from '../support/journey.ts';
import { world } from '../support/sandbox.ts';

const field = (page: Page, name: string) => page.locator(`[name="entry[${name}]"]`);
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

test('a token alone connects the only number', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await page.getByRole('link', { name: 'Enter credentials by hand' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Enter credentials by hand');
  await field(page, 'token').fill(await sandbox.token());
  await judge(page, 'Test');
  await expect(page.getByRole('status').getByText('Everything fits.')).toBeVisible();
  const told = page.getByRole('region', { name: 'What Meta says' });
  await expect(told).toContainText(world.sol.display);
  await expect(told).toContainText('It does not end');
  await axe(page);
  await button(page, 'Save').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^(Connected|\+1 631-555-0101)$/);
  await page.goto('/core/whatsapp-api/configurations');
  await expect(badge(page)).toHaveText('Connected');
});

test('a phone number and an unreachable account are told beside their fields, and one choice puts both right', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  const token = await sandbox.token({ wabas: [world.delivery.waba] });
  await typeCredentials(page, { token, name: 'Shop', phone_number_id: '15550051489', waba_id: '61584672189701' });
  await judge(page, 'Save');
  const summary = page.getByRole('alert');
  await expect(summary).toContainText('Phone Number ID: This looks like a phone number.');
  await expect(summary).toContainText('WABA ID: The token does not reach this WhatsApp account.');
  await summary.getByRole('link', { name: 'WABA ID' }).click();
  await expect(field(page, 'waba_id')).toHaveAttribute('aria-invalid', 'true');
  await expect(field(page, 'waba_id')).toHaveAccessibleDescription(/does not reach this WhatsApp account/);
  await expect(field(page, 'phone_number_id')).toHaveValue('15550051489');
  await expect(field(page, 'name')).toHaveValue('Shop');
  await expect(field(page, 'token')).toHaveValue('');
  await expect(page.getByText(`Kept: ••••${token.slice(-4)}`)).toBeVisible();
  expect(await page.content()).not.toContain(token);
  await choose(page, world.delivery.display);
  await judge(page, 'Test');
  await expect(page.getByText('Everything fits.')).toBeVisible();
  await expect(field(page, 'phone_number_id')).toHaveValue(world.delivery.number);
});

test('two ids in each other’s place are swapped with one press', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await typeCredentials(page, { token: await sandbox.token(), phone_number_id: world.sol.waba, waba_id: world.sol.number });
  await judge(page, 'Test');
  await judge(page, 'Swap them');
  await expect(field(page, 'phone_number_id')).toHaveValue(world.sol.number);
  await expect(page.getByText('Everything fits.')).toBeVisible();
});

test('a 24-hour token is a loud warning, and is saved at the second press', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await typeCredentials(page, { token: await sandbox.token({ life: 'day' }) });
  await judge(page, 'Save');
  await expect(page.getByRole('alert')).toContainText(/This token stops working at \d+ \w+ \d{4}, \d\d:\d\d UTC\./);
  await expect(page.getByRole('alert')).toContainText('Generate new token');
  await button(page, 'Save the 24-hour token').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^(Connected|\+1 631-555-0101)$/);
});

test('the Enter key tests and saves nothing', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await typeCredentials(page, { token: await sandbox.token() });
  await field(page, 'token').press('Enter');
  await expect(page.getByText('Nothing is saved yet. Press Save to keep it.')).toBeVisible();
});

test('explanations open by keyboard and close with Escape', async ({ page }) => {
  await enterAs(page, 'admin');
  await page.goto(byHand);
  for (const [about, words] of [
    ['About Access token', 'A 24-hour token is a guest key that stops tomorrow; a permanent one is the family key.'],
    ['About WABA ID', 'The landlord: one account, many numbers like apartments; bills and limits go here.'],
    ['About Phone Number ID', 'Like a student ID: Meta knows your number by this, not by its digits.'],
    ['About why you must bring these', 'Your WhatsApp account is like your bank account; we are the payment app.'],
  ] as const) {
    await page.getByRole('button', { name: about }).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByText(words)).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByText(words)).toBeHidden();
  }
});

test('an own app ends at what Meta has to be told, and the token can be revealed there', async ({ page }) => {
  await enterAs(page, 'admin');
  await typeCredentials(page, ownApp);
  await button(page, 'Save').click();
  await goOnToReceiving(page);
  await expect(page.locator('#callback-url')).toHaveText(/\/api\/webhooks\/whatsapp\/[0-9a-z]{26}$/);
  await expect(page.getByText('account_update', { exact: true })).toBeVisible();
});

test('a failing new token leaves the old one in use; a good one replaces it, and the old one is revoked on request', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  const id = await connect(page, sandbox);
  await page.getByRole('link', { name: 'Credentials' }).click();
  await field(page, 'token').fill('EAAthisWasCutOffWhileCopyingIt');
  await judge(page, 'Save');
  await expect(page.getByRole('alert')).toContainText('The present token stays in use.');
  await expect(button(page, 'Save anyway')).toHaveCount(0);
  await field(page, 'token').fill(await sandbox.token());
  await button(page, 'Save').click();
  await expect(page).toHaveURL(new RegExp(`${id}$`));
  await expect(badge(page)).toHaveText('Connected');
  await button(page, 'Revoke the old token').click();
  await expect(page.getByText('Revoke the old token at Meta?')).toHaveCount(0);
  expect((await sandbox.calls()).some((call) => call.path.endsWith('/oauth/revoke'))).toBe(true);
});

test('a slow Meta does not hold the page up: it says so and goes on by itself', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  const token = await sandbox.token();
  await sandbox.fault({ on: 'debug_token', kind: 'slow', delayMs: 8_000, times: 1 });
  await typeCredentials(page, { token, name: 'Shop' });
  await button(page, 'Test').click();
  await expect(page.getByText('What you typed is kept; this page goes on by itself.')).toBeVisible({ timeout: 10_000 });
  await expect(page.getByText('Everything fits.')).toBeVisible({ timeout: 15_000 });
  await expect(field(page, 'name')).toHaveValue('Shop');
});

test('only the pressed button says that it is at work @wasm', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await typeCredentials(page, { token: await sandbox.token() });
  await awake(page);
  await page.evaluate(() => window.addEventListener('submit', (event) => event.preventDefault()));
  await field(page, 'token').press('Enter');
  await expect(page.locator('#press-test')).toHaveClass(/pressed/);
  await expect(page.locator('#press-save')).not.toHaveClass(/pressed/);
});

test('whoever is no admin is not let in', async ({ page }) => {
  await enterAs(page, 'support');
  await page.goto(byHand);
  await expect(page.getByText('This needs the role admin.')).toBeVisible();
  await page.goto('/core/whatsapp-api/configurations');
  await expect(page.getByRole('link', { name: 'Enter credentials by hand' })).toHaveCount(0);
});
