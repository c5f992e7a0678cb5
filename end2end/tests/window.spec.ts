import { type Page } from '@playwright/test';
import { enterAs, expect, test } from '../support/app.ts';
import { awake, badge, configurations, cancelAtFacebook, throughDialog } from '../support/journey.ts';

const connectLink = (page: Page) => page.getByRole('link', { name: 'Connect with Facebook' });
const waiting = (page: Page) => page.getByText('Waiting for you at Facebook…');

async function openWindow(page: Page): Promise<Page> {
  await enterAs(page, 'admin');
  await awake(page);
  const [popup] = await Promise.all([page.waitForEvent('popup'), connectLink(page).click()]);
  await expect(waiting(page)).toBeVisible();
  await expect(popup.getByRole('heading', { level: 1 })).toHaveText(/^Log in to connect/);
  return popup;
}

async function expectConnected(page: Page): Promise<void> {
  await page.waitForURL(new RegExp(`${configurations}/.+`));
  await expect(badge(page)).toHaveText('Connected');
}

test('a blocked window is no obstacle: all happens in this tab @wasm', async ({ page, sandbox }) => {
  await page.addInitScript(() => {
    window.open = () => null;
  });
  await enterAs(page, 'admin');
  await awake(page);
  await connectLink(page).click();
  await throughDialog(page);
  await expectConnected(page);
  expect((await sandbox.calls()).some((call) => call.path.endsWith('/register'))).toBe(true);
});

test('a window that was closed can be opened again @wasm', async ({ page }) => {
  const popup = await openWindow(page);
  await popup.close();
  // Nothing is over only because the window is gone: the server is asked, and it still waits.
  await page.waitForResponse((response) => response.url().includes('/_fn/'));
  await page.waitForResponse((response) => response.url().includes('/_fn/'));
  await expect(waiting(page)).toBeVisible();
  await expect(page).toHaveURL(configurations);
  const [again] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('button', { name: 'Open the window again' }).click(),
  ]);
  await throughDialog(again);
  await expectConnected(page);
});

test('a window that is open is not opened twice @wasm', async ({ page, context }) => {
  const popup = await openWindow(page);
  await page.getByRole('button', { name: 'Open the window again' }).click();
  expect(context.pages()).toHaveLength(2);
  await throughDialog(popup);
  await expectConnected(page);
});

test('who lost the window can go on in this tab, and the window goes away @wasm', async ({ page, context }) => {
  const popup = await openWindow(page);
  const closed = popup.waitForEvent('close');
  await page.getByRole('link', { name: 'Continue in this tab' }).click();
  await closed;
  await throughDialog(page);
  await expectConnected(page);
  expect(context.pages()).toHaveLength(1);
});

test('waiting can be cancelled: the window closes, and the focus is where it was @wasm', async ({ page }) => {
  const popup = await openWindow(page);
  const closed = popup.waitForEvent('close');
  const cancelled = page.waitForResponse((response) => response.url().includes('/_fn/cancel_signup'));
  await page.getByRole('button', { name: 'Cancel' }).click();
  await closed;
  await expect(waiting(page)).toBeHidden();
  await expect(connectLink(page)).toBeFocused();
  expect((await cancelled).ok()).toBe(true);
  await page.reload();
  await expect(page.getByText('Continue where you left off')).toBeHidden();
  // And it can be begun anew.
  await awake(page);
  const [popupAgain] = await Promise.all([page.waitForEvent('popup'), connectLink(page).click()]);
  await throughDialog(popupAgain);
  await expectConnected(page);
});

test('cancelling at Facebook in the window is told on the page behind it @wasm', async ({ page }) => {
  const popup = await openWindow(page);
  await cancelAtFacebook(popup);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You left Facebook before the end.');
  await expect(page.getByText('Nothing was changed here.')).toBeVisible();
  await awake(page);
  await page.getByRole('link', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Log in to connect/);
});

test('cancelling at Facebook with the message of Meta\'s window comes to the same @wasm', async ({ page, sandbox }) => {
  await sandbox.switches({ postMessage: true });
  const popup = await openWindow(page);
  const hint = page.waitForRequest((request) => request.url().endsWith('/hint'));
  await cancelAtFacebook(popup, 'Choose a WhatsApp account');
  expect((await hint).postDataJSON()).toMatchObject({ event: 'CANCEL', data: { current_step: expect.any(String) } });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You left Facebook before the end.');
});

for (const step of ['Choose a business portfolio', 'Choose a phone number', 'Review what you share']) {
  test(`cancelling at "${step}" in the full page changes nothing @plain`, async ({ page, sandbox }) => {
    await enterAs(page, 'admin');
    await connectLink(page).click();
    await cancelAtFacebook(page, step);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('You left Facebook before the end.');
    await expect(page.getByText('Nothing was changed here.')).toBeVisible();
    await expect(page.getByRole('link', { name: 'Try again' })).toBeVisible();
    await page.goto(configurations);
    await expect(connectLink(page)).toBeVisible();
    expect((await sandbox.calls()).filter((call) => call.path.includes('access_token'))).toEqual([]);
  });
}
