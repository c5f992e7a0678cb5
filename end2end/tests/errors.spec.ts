import { axe, enterAs, expect, test, watchConsole } from '../support/app.ts';
import { connect } from '../support/journey.ts';
import { world } from '../support/sandbox.ts';
import type { Page } from '@playwright/test';

const guide = '/core/whatsapp-api/setup-guide';
const errors = `${guide}/errors`;
const search = async (page: Page, words: string) => {
  await page.getByRole('searchbox').fill(words);
  await page.getByRole('button', { name: 'Search' }).click();
};
const found = (page: Page) => page.locator('.errors li > a');

test('an error is found by code, by words and by symptom, and has an address of its own', async ({ page }) => {
  const noErrors = watchConsole(page);
  await enterAs(page, 'viewer');
  await page.goto(guide);
  await page.getByRole('link', { name: 'Errors explained' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Errors explained');
  expect(await found(page).count()).toBeGreaterThan(120);
  await axe(page);

  for (const [words, answer] of [
    ['131047', 'More than 24 hours have passed since the customer last wrote.'],
    ['everything twice', 'Messages arrive twice.'],
    ['(#131030) Recipient phone number not in allowed list', 'The recipient is not on the list of the test number.'],
    ['190/463', 'The token has expired.'],
  ] as const) {
    await search(page, words);
    await expect(found(page)).toHaveText([answer]);
    await expect(page.getByRole('searchbox')).toHaveValue(words);
  }

  await found(page).click();
  await expect(page).toHaveURL(`${errors}/token_expired`);
  await expect(page).toHaveTitle(/^The token has expired/);
  for (const text of ['What to do', 'Reconnect the number: sign in at Facebook again.', 'Who must act', '190 / 463']) {
    await expect(page.getByText(text, { exact: true })).toBeVisible();
  }
  await axe(page);
  noErrors();
});

test('a search that finds nothing says how to go on', async ({ page }) => {
  await enterAs(page, 'support');
  await page.goto(`${errors}?q=${encodeURIComponent('<b>no such thing</b>')}`);
  await expect(page.getByRole('heading', { level: 2, name: /^Nothing/ })).toHaveText('Nothing here matches “<b>no such thing</b>”.');
  await axe(page);
  await page.getByRole('link', { name: 'Show all errors' }).click();
  expect(await found(page).count()).toBeGreaterThan(120);
});

test('an address that names no error says so, and an old name still leads to its explanation', async ({ page }) => {
  await enterAs(page, 'viewer');
  const answer = await page.goto(`${errors}/no_such_error`);
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('No error of this name is explained here.');
  await page.goto(`${errors}/reconnect_needed`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText("Meta no longer accepts this connection's token.");
});

test('who is not logged in is asked to, and comes back to the error', async ({ page }) => {
  await page.goto(`${errors}/payment`);
  await page.getByRole('button', { name: /^Enter as .*viewer/i }).click();
  await expect(page).toHaveURL(`${errors}/payment`);
});

test('a broken number leads to its explanation, and brings words for the customer and what Meta said', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await sandbox.scenario('token_expired');
  await page.getByRole('button', { name: 'Check now' }).first().click();
  await expect(page.locator('[data-badge]').first()).toHaveText('Not working');
  const problem = page.getByRole('region', { name: 'What to do' });

  await problem.getByText('Copy for the customer').click();
  await expect(problem.locator('.for-customer p')).toHaveText(
    /^Messages to and from \+1 631-555-0101 stopped on \d+ \w+ at \d\d:\d\d UTC, because Meta refused the business's access token\. The business owner must sign in at Facebook again\.$/,
  );
  await problem.getByText('Meta says').click();
  await expect(problem.locator('.meta-says')).toContainText('190');
  await axe(page);

  await problem.getByRole('link', { name: 'Explained' }).click();
  await expect(page).toHaveURL(`${errors}/token_dead`);
});

test('the words for the customer are copied with one press @wasm', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await sandbox.scenario('payment_missing', { waba: world.sol.waba });
  await page.getByRole('button', { name: 'Check now' }).first().click();
  const problem = page.getByRole('region', { name: 'What to do' });
  await problem.getByText('Copy for the customer').click();
  await problem.getByRole('button', { name: 'Copy the words for the customer' }).click();
  await expect(page.locator('#announcer')).toHaveText('Copied');
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain('New chats from +1 631-555-0101 cannot be started since');
});

test('the support bundle holds what is asked for, and no secret', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  const tokens = await sandbox.tokens();
  const secrets: string[] = tokens.map((token: any) => token.token ?? token.value);
  expect(secrets.length).toBeGreaterThan(0);
  // Meta repeats a damaged token in its words.
  const message = `Malformed access token ${secrets[0]}`;
  await sandbox.fault({ on: 'debug_token', kind: 'graph_error', code: 190, message, times: 5 });
  await page.getByRole('button', { name: 'Check now' }).first().click();
  await expect(page.getByText('failed: Meta refused the app secret.')).toBeVisible();

  await page.getByText('Copy support bundle').click();
  const text = await page.locator('#bundle-text').innerText();
  for (const line of [`Phone Number ID: ${world.sol.number}`, `WABA ID: ${world.sol.waba}`, 'Meta API version: v25.0', 'Stage: done', 'fbtrace_id: ']) {
    expect(text).toContain(line);
  }
  expect(text).toMatch(/^Greentick: \d/m);
  expect(text).toContain('Malformed access token ••••');
  for (const secret of secrets) expect(text).not.toContain(secret);
  expect(await page.content()).not.toContain(secrets[0]);
  await axe(page);

  await page.context().clearCookies();
  await enterAs(page, 'support');
  await expect(page.getByText('Copy support bundle')).toHaveCount(1);
  await page.context().clearCookies();
  await enterAs(page, 'viewer');
  await expect(page.getByText('Copy support bundle')).toHaveCount(0);
  const refused = await page.request.post('/_fn/bundle_connection', { form: { connection: page.url().split('/').pop()! } });
  expect(refused.status()).toBeGreaterThanOrEqual(400);
});

test('the support bundle is copied with one press @wasm', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await page.getByText('Copy support bundle').click();
  await page.getByRole('button', { name: 'Copy support bundle' }).click();
  await expect(page.locator('#announcer')).toHaveText('Copied');
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain(`Phone Number ID: ${world.sol.number}\n`);
});

test('a problem reported in the window reaches the bundle with its session @wasm', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await sandbox.switches({ postMessage: true });
  await expect(page.locator('html.awake')).toBeAttached();
  const [popup] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: 'Connect with Facebook' }).click()]);
  await popup.getByRole('button', { name: 'Continue as Ana Souza' }).click();
  await popup.getByRole('button', { name: 'Report a problem' }).click();

  await expect(page).toHaveURL(/\/connect\/facebook\//);
  await page.getByText('Copy support bundle').click();
  const bundle = page.locator('#bundle-text');
  await expect(bundle).toContainText('error code: 524126');
  expect(await bundle.innerText()).toMatch(/session ID: [0-9a-f]{15}$/m);
  await axe(page);
});
