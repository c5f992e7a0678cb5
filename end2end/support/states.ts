import { expect, type Page } from '@playwright/test';
import { enterAs } from './app.ts';
import { awake, byHand, choose, comeBack, configurations, connect, goOnToReceiving, judge, ownApp, throughDialog, typeCredentials, wayBack } from './journey.ts';
import { type Sandbox, world } from './sandbox.ts';

/** Every page and state that a person can come to, and how to get there. */
export const states: Record<string, (page: Page, sandbox: Sandbox) => Promise<void>> = {
  login: async (page) => {
    await page.goto('/login');
  },
  empty: async (page) => {
    await enterAs(page, 'admin');
  },
  'setup guide': async (page) => {
    await enterAs(page, 'admin');
    await page.goto('/core/whatsapp-api/setup-guide');
  },
  'setup guide, our address asked': async (page) => {
    await enterAs(page, 'admin');
    await page.goto('/core/whatsapp-api/setup-guide');
    await page.getByRole('button', { name: /Ask our address as Meta would/ }).click();
    await expect(page.getByText('Our address answers as Meta wants it to.')).toBeVisible();
  },
  "routing, another's address": async (page, sandbox) => {
    await enterAs(page, 'admin');
    await sandbox.giveAppToAnother();
    await connect(page, sandbox);
    await page.locator('#technical > summary').click();
    await page.locator('#routing-fields > summary').click();
  },
  'question before taking an address over': async (page, sandbox) => {
    await enterAs(page, 'admin');
    await sandbox.giveAppToAnother();
    await connect(page, sandbox);
    await page.getByRole('link', { name: 'Take over the address…' }).first().click();
    await expect(page.getByRole('button', { name: /Take over the address/ })).toBeVisible();
  },
  account: async (page) => {
    await enterAs(page, 'admin');
    await page.goto('/account');
  },
  'no backup': async (page) => {
    await enterAs(page, 'admin');
    await page.goto('/settings/backups');
    await expect(page.getByText('No backup yet')).toBeVisible();
  },
  'no API key': async (page) => {
    await enterAs(page, 'admin');
    await page.goto('/settings/api-keys');
  },
  'API keys': async (page) => {
    await enterAs(page, 'admin');
    await page.goto('/settings/api-keys');
    for (const name of ['Booking system', 'Monthly report']) {
      await page.getByLabel('Name').fill(name);
      await page.getByRole('button', { name: 'Make key' }).click();
      await expect(page.getByText('Copy it now')).toBeVisible();
    }
    await page.getByRole('link', { name: 'Revoke Booking system' }).click();
    await page.getByRole('button', { name: 'Revoke key' }).click();
    await page.getByLabel('Name').fill('Website');
    await page.getByRole('button', { name: 'Make key' }).click();
    await expect(page.getByText('Copy it now')).toBeVisible();
  },
  'question before revoking a key': async (page) => {
    await enterAs(page, 'admin');
    await page.goto('/settings/api-keys');
    await page.getByLabel('Name').fill('Booking system');
    await page.getByRole('button', { name: 'Make key' }).click();
    await page.getByRole('link', { name: 'Revoke Booking system' }).click();
    await expect(page.getByRole('button', { name: 'Revoke key' })).toBeVisible();
  },
  'API documentation': async (page) => {
    await enterAs(page, 'admin');
    await page.goto('/api/docs');
  },
  'API documentation, for strangers': async (page) => {
    await page.goto('/api/docs');
  },
  'choice of accounts': async (page, sandbox) => {
    await enterAs(page, 'admin');
    await comeBack(page, sandbox, { wabas: [world.delivery.waba, world.sol.waba] });
  },
  'choice of numbers': async (page, sandbox) => {
    await enterAs(page, 'admin');
    await comeBack(page, sandbox, { wabas: [world.delivery.waba] });
  },
  'no number yet': async (page) => {
    await enterAs(page, 'admin');
    await page.goto('/connect/facebook/start');
    await throughDialog(page, 'Choose a WhatsApp account');
    await page.getByLabel('Create a new WhatsApp account').check();
    await page.getByLabel('Name of the new account').fill('Padaria Nova');
    await page.getByRole('button', { name: 'Continue', exact: true }).click();
    await page.getByLabel('No number yet').check();
    await page.getByRole('button', { name: 'Continue', exact: true }).click();
    await page.getByRole('button', { name: 'Continue', exact: true }).click();
    await page.getByRole('button', { name: 'Finish' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('No number yet');
  },
  'code wanted': async (page, sandbox) => {
    await enterAs(page, 'admin');
    await sandbox.changeNumber(world.sol.number, { codeStatus: 'NOT_VERIFIED' });
    await comeBack(page, sandbox);
  },
  'wrong code': async (page, sandbox) => {
    await enterAs(page, 'admin');
    await sandbox.changeNumber(world.sol.number, { codeStatus: 'NOT_VERIFIED' });
    await comeBack(page, sandbox);
    await page.getByRole('button', { name: 'Send by SMS' }).click();
    await page.getByLabel('Code').fill('000000');
    await page.getByRole('button', { name: 'Verify' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
  },
  'wrong PIN': async (page, sandbox) => {
    await enterAs(page, 'admin');
    await comeBack(page, sandbox, { wabas: [world.delivery.waba] });
    await choose(page, world.withPin.display);
    await page.getByRole('button', { name: 'Continue', exact: true }).click();
    await page.getByLabel('PIN').fill('111111');
    await page.getByRole('button', { name: 'Register the number' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
  },
  'not connected': async (page, sandbox) => {
    await enterAs(page, 'admin');
    const late = await wayBack(page, sandbox);
    await sandbox.advanceClock(31);
    await page.goto(late);
  },
  cancelled: async (page) => {
    await enterAs(page, 'admin');
    await page.goto('/connect/facebook/start');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('You left Facebook before the end.');
  },
  connected: async (page, sandbox) => {
    await enterAs(page, 'admin');
    await connect(page, sandbox);
    await page.getByText('Technical details').click();
  },
  'connected, for support': async (page, sandbox) => {
    await enterAs(page, 'admin');
    const id = await connect(page, sandbox);
    await enterAs(page, 'support');
    await page.goto(`${configurations}/${id}`);
    await page.getByText('Technical details').click();
  },
  'connected, for a viewer': async (page, sandbox) => {
    await enterAs(page, 'admin');
    const id = await connect(page, sandbox);
    await enterAs(page, 'viewer');
    await page.goto(`${configurations}/${id}`);
  },
  'empty, for a viewer': async (page) => {
    await enterAs(page, 'viewer');
  },
  'waiting for Facebook': async (page) => {
    await enterAs(page, 'admin');
    await awake(page);
    await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: 'Connect with Facebook' }).click()]);
    await expect(page.getByText('Waiting for you at Facebook…')).toBeVisible();
  },
  'needs attention': async (page, sandbox) => {
    await enterAs(page, 'admin');
    await sandbox.switches({ tokenLife: 'sixtyDays' });
    await connect(page, sandbox);
    await sandbox.scenario('token_ends_tomorrow');
    await sandbox.scenario('payment_missing', { waba: world.sol.waba });
    await page.getByRole('button', { name: 'Check now' }).first().click();
    await expect(page.locator('[data-badge=needs_attention]')).toBeVisible();
    await page.getByText('1 more').click();
    await page.getByText('Technical details').click();
  },
  'not working': async (page, sandbox) => {
    await enterAs(page, 'admin');
    await connect(page, sandbox);
    await sandbox.scenario('password_changed');
    await page.getByRole('button', { name: 'Check now' }).first().click();
    await expect(page.locator('[data-badge=not_working]')).toBeVisible();
  },
  'setting up': async (page, sandbox) => {
    await enterAs(page, 'admin');
    await sandbox.fault({ on: 'phone/register', kind: 'graph_error', code: 133_016 });
    await comeBack(page, sandbox);
    await page.goto(configurations);
    await expect(page.locator('[data-badge=setting_up]')).toBeVisible();
  },
  'question before disconnecting': async (page, sandbox) => {
    await enterAs(page, 'admin');
    await connect(page, sandbox);
    await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await expect(page.getByRole('button', { name: 'Disconnect number' })).toBeVisible();
  },
  disconnected: async (page, sandbox) => {
    await enterAs(page, 'admin');
    await connect(page, sandbox);
    await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await page.getByRole('button', { name: 'Disconnect number' }).click();
    await expect(page.locator('[data-badge=disconnected]')).toBeVisible();
  },
  'credentials by hand': async (page) => {
    await enterAs(page, 'admin');
    await page.goto(byHand);
    await page.getByText('Where do I find these?').click();
  },
  'credentials with mistakes': async (page, sandbox) => {
    await enterAs(page, 'admin');
    const token = await sandbox.token({ wabas: [world.delivery.waba] });
    await typeCredentials(page, { token, waba_id: '61584672189701', phone_number_id: '15550051489', verify_token: 'short' });
    await judge(page, 'Test');
  },
  'credentials in each other’s place': async (page, sandbox) => {
    await enterAs(page, 'admin');
    await typeCredentials(page, { token: await sandbox.token(), waba_id: world.sol.number, phone_number_id: world.sol.waba });
    await judge(page, 'Test');
  },
  'credentials of a guest': async (page, sandbox) => {
    await enterAs(page, 'admin');
    await typeCredentials(page, { token: await sandbox.token({ life: 'day' }) });
    await judge(page, 'Save');
  },
  'credentials that do not hold': async (page, sandbox) => {
    await enterAs(page, 'admin');
    await typeCredentials(page, { token: await sandbox.token({ scopes: ['whatsapp_business_management'] }) });
    await judge(page, 'Save');
  },
  'Meta is asked about credentials': async (page, sandbox) => {
    await enterAs(page, 'admin');
    const token = await sandbox.token();
    await sandbox.fault({ on: 'debug_token', kind: 'slow', delayMs: 9_500, times: 4 });
    await typeCredentials(page, { token });
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await expect(page.locator('[data-stage=asking]')).toBeVisible({ timeout: 10_000 });
  },
  'replaced credentials': async (page, sandbox) => {
    await enterAs(page, 'admin');
    await connect(page, sandbox);
    await page.getByRole('link', { name: 'Credentials' }).click();
    await page.getByLabel('Access token', { exact: true }).fill(await sandbox.token());
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByText('Revoke the old token at Meta?')).toBeVisible();
  },
  'where Meta shall send': async (page) => {
    await enterAs(page, 'admin');
    await typeCredentials(page, ownApp);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await goOnToReceiving(page);
  },
  list: async (page, sandbox) => {
    await enterAs(page, 'admin');
    await connect(page, sandbox);
    await comeBack(page, sandbox, { wabas: [world.delivery.waba] });
    await choose(page, world.inReview.display);
    await page.getByRole('button', { name: 'Continue', exact: true }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^(Connected|\+1.*)$/);
    await page.goto(configurations);
    await expect(page.getByRole('row')).toHaveCount(3);
  },
};

/** Pages that answer with an error: the browser writes that into its console, as it should. */
export const errorPages: Record<string, (page: Page) => Promise<unknown>> = {
  'not found': async (page) => {
    await enterAs(page, 'admin');
    await page.goto('/core/whatsapp-api/nothing-here');
  },
  'unknown number': async (page) => {
    await enterAs(page, 'admin');
    await page.goto(`${configurations}/01m7wdqk5rrm88rg9sxbtn4001`);
  },
  'not allowed': async (page) => {
    await enterAs(page, 'viewer');
    await page.goto('/connect/facebook/start');
  },
  'wrong login': async (page) => {
    await page.goto('/login');
    await page.getByLabel('Email').fill('nobody@sandbox.invalid');
    await page.getByLabel('Password').fill('guessed wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
  },
};
