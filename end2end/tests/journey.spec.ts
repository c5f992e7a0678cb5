import { type Page } from '@playwright/test';
import { axe, enterAs, expect, test, watchConsole } from '../support/app.ts';
import { awake, badge, configurations, connect, throughDialog } from '../support/journey.ts';
import { world } from '../support/sandbox.ts';

const steps = [
  'Signed in at Facebook',
  'Got the token',
  'Found your number',
  'Saved',
  'Messages switched on',
  'Number registered',
  'Checked with Meta',
];

/** The page that the journey is for: the badge, the IDs, and what Meta says of verification and payment. */
async function expectConnected(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: world.sol.display })).toBeVisible();
  await expect(badge(page)).toHaveText('Connected');
  await expect(badge(page)).toHaveAttribute('data-badge', 'connected');
  const ids = page.getByRole('region', { name: 'IDs for developers' });
  const rows = {
    'Phone Number ID': world.sol.number,
    'WABA ID': world.sol.waba,
    'Business portfolio ID': world.solBusiness,
    'App ID': world.app,
    'Webhook URL': `${new URL(page.url()).origin}/api/webhooks/whatsapp`,
  };
  for (const [label, value] of Object.entries(rows)) {
    const row = ids.locator('.row').filter({ has: page.locator('dt', { hasText: label }) });
    await expect(row.locator('code'), label).toHaveText(value);
  }
  const verification = page.locator('.row', { hasText: 'Business verification' });
  await expect(verification.locator('dd')).toContainText('Verified');
  const answers = page.getByRole('region', { name: 'What works' });
  await expect(answers.getByRole('listitem').filter({ hasText: 'Payment at Meta' })).toContainText('Payment method on file');
  await expect(answers.getByRole('listitem').filter({ hasText: 'Receiving' })).toContainText('Switched on');
  await expect(answers.getByRole('listitem').filter({ hasText: 'Starting chats' })).toContainText('2 000 new chats in 24 hours');
}

async function emptyPage(page: Page): Promise<void> {
  await enterAs(page, 'admin');
  await expect(page).toHaveURL(configurations);
  await expect(page.getByRole('heading', { name: 'Connect your WhatsApp number.' })).toBeVisible();
}

async function pressConnect(page: Page): Promise<Page> {
  await awake(page);
  const opened = page.waitForEvent('popup');
  await page.getByRole('link', { name: 'Connect with Facebook' }).click();
  return opened;
}

/** Presses through the dialog, whose window may be gone at any moment after the last press. */
async function finishIn(popup: Page): Promise<void> {
  const closed = popup.waitForEvent('close');
  await throughDialog(popup);
  await closed;
}

/** Answers whatever the page posts to `/hint`, as the server saw it. */
function hintsOf(page: Page): unknown[] {
  const heard: unknown[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/hint')) heard.push(request.postDataJSON());
  });
  return heard;
}

test('a number is connected in the popup, and the page behind it learns of it from the server @wasm', async ({ page, sandbox }) => {
  const noErrors = watchConsole(page);
  await emptyPage(page);
  const hints = hintsOf(page);
  const popup = await pressConnect(page);
  await expect(page.getByText('Waiting for you at Facebook…')).toBeVisible();
  await finishIn(popup);
  await page.waitForURL(/\/connect\/facebook\/|\/configurations\//);
  await page.waitForURL(new RegExp(`${configurations}/.+`));
  await expectConnected(page);
  expect(hints, 'no message was posted, so no hint was sent').toEqual([]);
  const registered = (await sandbox.calls()).filter((call) => call.path.endsWith('/register'));
  expect(registered.map((call) => call.status)).toEqual([200]);
  noErrors();
});

test('what Meta\'s window tells the page is passed on as a hint @wasm', async ({ page, sandbox }) => {
  await sandbox.switches({ postMessage: true });
  await emptyPage(page);
  const hints = hintsOf(page);
  await finishIn(await pressConnect(page));
  await page.waitForURL(new RegExp(`${configurations}/.+`));
  await expectConnected(page);
  expect(hints).toEqual([
    expect.objectContaining({
      type: 'WA_EMBEDDED_SIGNUP',
      event: 'FINISH',
      data: { waba_id: world.sol.waba, business_id: world.solBusiness, phone_number_id: world.sol.number },
    }),
  ]);
});

test('messages from other sites, and other messages, are not heard @wasm', async ({ page, app, sandbox }) => {
  await sandbox.switches({ postMessage: false });
  await emptyPage(page);
  const hints = hintsOf(page);
  const popup = await pressConnect(page);
  await expect(popup.getByRole('heading', { level: 1 })).toBeVisible();
  const finish = JSON.stringify({ type: 'WA_EMBEDDED_SIGNUP', event: 'FINISH', data: { phone_number_id: '1' }, version: 3 });
  // From the page's own origin, which is not the dialog's.
  await page.evaluate((said) => window.postMessage(said, '*'), finish);
  // From the dialog's site, but not what it says at the end.
  await popup.evaluate(() => window.opener.postMessage('{"type":"something"}', '*'));
  await popup.evaluate(() => window.opener.postMessage({ type: 'WA_EMBEDDED_SIGNUP' }, '*'));
  await popup.evaluate(() => window.opener.postMessage('not even JSON {', '*'));
  // The same words from the right site are heard, and they come last: so the others had their chance.
  const passedOn = page.waitForRequest((request) => request.url().endsWith('/hint'));
  await popup.evaluate((said) => window.opener.postMessage(said, '*'), finish.replace('"1"', '"2"'));
  await passedOn;
  expect(hints).toEqual([expect.objectContaining({ data: { phone_number_id: '2' } })]);
  expect(app.log).not.toContain('panicked');
});

test('a number is connected in the full page, without any script @plain', async ({ page, sandbox }) => {
  await sandbox.fault({ on: 'graph', kind: 'slow', delayMs: 1_200 });
  await emptyPage(page);
  await page.getByRole('link', { name: 'Connect with Facebook' }).click();
  await throughDialog(page);
  // Meta is slow, so the answer shows a progress that moves on by itself.
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Connecting your number', { timeout: 15_000 });
  await expect(page.locator('ol.steps > li')).toHaveText(steps.map((words) => new RegExp(`^${words}`)));
  await expect(page.locator('ol.steps > li').first()).toContainText('done');
  await expect(page.locator('[aria-current=step]')).toContainText('in progress');
  await sandbox.clearFaults();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Connected', { timeout: 15_000 });
  await page.getByRole('link', { name: 'Open the number' }).click();
  await expectConnected(page);
});

test('the link to Facebook asks for what Meta wants to hear', async ({ page, app }) => {
  await emptyPage(page);
  const start = await page.request.get('/connect/facebook/start', { maxRedirects: 0 });
  expect(start.status()).toBe(303);
  const dialog = new URL(start.headers()['location']!);
  expect(`${dialog.origin}${dialog.pathname}`).toBe(`${app.dialogURL}/v25.0/dialog/oauth`);
  const asked = Object.fromEntries(dialog.searchParams);
  expect(asked).toMatchObject({
    client_id: world.app,
    config_id: '820000000000001',
    redirect_uri: `${app.baseURL}/connect/facebook/callback`,
    response_type: 'code',
    override_default_response_type: 'true',
  });
  expect(JSON.parse(asked['extras']!)).toEqual({ setup: {}, sessionInfoVersion: '3', version: 'v4' });
  expect(asked['state']).toMatch(/^[\w-]{16,}$/);
});

test('with one number the list is the number, and its own address shows the same', async ({ page, sandbox }) => {
  await emptyPage(page);
  await connect(page, sandbox);
  await expectConnected(page);
  await page.goto(configurations);
  await expectConnected(page);
  await expect(page.getByRole('link', { name: 'Add a number' })).toBeVisible();
  await axe(page);
});
