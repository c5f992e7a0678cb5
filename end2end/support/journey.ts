import { expect, type Locator, type Page, test } from '@playwright/test';
import type { Server } from './server.ts';
import { type Sandbox, world } from './sandbox.ts';

export const configurations = '/core/whatsapp-api/configurations';

/** The way through Meta's dialog in `page`, with the answers that it offers; stops at the page named by `until`. */
export async function throughDialog(page: Page, until?: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Log in to connect/);
  await page.getByRole('button', { name: 'Continue as Ana Souza' }).click();
  const titles = ['Choose a business portfolio', 'Choose a WhatsApp account', 'Choose a phone number', 'Review what you share'];
  for (const title of titles) {
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    if (title === until) return;
    await page.getByRole('button', { name: 'Continue', exact: true }).click();
  }
  await page.getByRole('button', { name: 'Finish' }).click();
}

/** Goes into Meta's dialog in `page` as far as the page named by `at`, and leaves it there. */
export async function cancelAtFacebook(page: Page, at = 'Choose a business portfolio'): Promise<void> {
  await throughDialog(page, at);
  await page.getByRole('button', { name: 'Cancel' }).click();
}

/** Begins a signup as the link does, without opening the dialog: the query of the dialog's address. */
async function begin(page: Page, wish: string): Promise<URLSearchParams> {
  const answer = await page.request.get(`/connect/facebook/start${wish}`, { maxRedirects: 0 });
  expect(answer.status(), await answer.text()).toBe(303);
  return new URL(answer.headers()['location']!).searchParams;
}

export type Granted = { wabas?: readonly string[]; business?: string; reconnect?: string };

/** The address with which Meta sends the person back, after a dialog in which `granted` was chosen. */
export async function wayBack(page: Page, sandbox: Sandbox, granted: Granted = {}): Promise<string> {
  const { reconnect, wabas = [world.sol.waba], business } = granted;
  const dialog = await begin(page, reconnect ? `?connection=${reconnect}` : '');
  const redirectUri = dialog.get('redirect_uri')!;
  const code = await sandbox.grant({ redirectUri, wabas, business });
  return `${redirectUri}?${new URLSearchParams({ code, state: dialog.get('state')! })}`;
}

/** Comes back from Meta in `page`: the progress page, wherever the signup stands by then. */
export async function comeBack(page: Page, sandbox: Sandbox, granted: Granted = {}): Promise<void> {
  await page.goto(await wayBack(page, sandbox, granted));
}

/** A connected number, without clicking: for tests of what comes after. Leaves `page` at the number's page. */
export async function connect(page: Page, sandbox: Sandbox, granted: Granted = {}): Promise<string> {
  await page.request.get(await wayBack(page, sandbox, granted));
  return openNumber(page);
}

/** Opens the number's own page; the answer is its id. */
export async function openNumber(page: Page): Promise<string> {
  const html = await (await page.request.get(configurations)).text();
  const id = /name="connection" value="([^"]+)"/.exec(html)?.[1];
  if (!id) throw new Error(`No connection is shown:\n${html}`);
  await page.goto(`${configurations}/${id}`);
  return id;
}

export const byHand = `${configurations}/by-hand`;

/** What is entered for a number on the business's own app. */
export const ownApp = {
  token: world.ownApp.token,
  phone_number_id: world.lua.number,
  app_id: world.ownApp.id,
  app_secret: world.ownApp.secret,
};

/** Opens the form for credentials and types into its fields, by the names that they have in the form. */
export async function typeCredentials(page: Page, fields: Record<string, string>, form = byHand): Promise<void> {
  await page.goto(form);
  for (const [field, value] of Object.entries(fields)) await page.locator(`[name="entry[${field}]"]`).fill(value);
}

/** From the progress page of an own app, by itself or by its link, to the number, and on to what has to be told to Meta. */
export async function goOnToReceiving(page: Page): Promise<void> {
  const title = page.getByRole('heading', { level: 1 });
  await expect(title).toHaveText(/^(Connected|\+.*)$/);
  if (test.info().project.name === 'plain') await page.getByRole('link', { name: 'Open the number' }).click();
  await expect(title).toHaveText(/^\+/);
  await page.getByRole('link', { name: /^Tell Meta where to send/ }).click();
  await expect(title).toHaveText('Tell Meta where to send');
}

/** Presses one of the form's buttons, and waits for the form with what came of it. */
export async function judge(page: Page, button: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click();
  await expect(page).toHaveURL(/\?draft=/);
  await expect(page.locator('[data-stage=form]')).toBeVisible();
}

export const messages = '/core/whatsapp-api/messages';

/** Somebody writes to the connected number; waits until the Messages page shows it. */
export async function receive(page: Page, sandbox: Sandbox, text: string, from = '5511999990000'): Promise<void> {
  await sandbox.webhook({ number: world.sol.number, text, from });
  await expect
    .poll(async () => (await page.request.get(`${messages}?q=${encodeURIComponent(text)}`)).text())
    .toContain(`>${text}<`);
}

export const badge = (page: Page): Locator => page.locator('main [data-badge]').first();

/** Takes one of several choices as a person does: anywhere on its card. */
export async function choose(page: Page, name: string): Promise<void> {
  const card = page.locator('.choices li').filter({ has: page.getByText(name, { exact: true }) });
  await card.locator('label').click();
  await expect(card.getByRole('radio')).toBeChecked();
}

/** Takes a number of one account that has several, by its radio button. */
export async function chooseNumber(page: Page, display: string): Promise<void> {
  await choose(page, display);
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
}

/** Nothing of the page stands outside the window's width. */
export async function expectNoSidewaysScrolling(page: Page): Promise<void> {
  const { inside, outside } = await page.evaluate(() => ({
    inside: document.documentElement.clientWidth,
    outside: document.documentElement.scrollWidth,
  }));
  expect(outside, `${page.url()} is wider than the window`).toBeLessThanOrEqual(inside);
}

/** One press, or a press with a key, leads to another page of ours: waits until it is awake where scripts run. */
export async function awake(page: Page): Promise<void> {
  await expect(page.locator('html.awake')).toBeAttached();
}

export type { Server };
