import { type Page } from '@playwright/test';
import { enterAs, expect, test } from '../support/app.ts';
import { awake, connect } from '../support/journey.ts';
import { type Sandbox, world } from '../support/sandbox.ts';

const announcer = (page: Page) => page.locator('#announcer');
const ids = (page: Page) => page.getByRole('region', { name: 'IDs for developers' });

async function connected(page: Page, sandbox: Sandbox): Promise<void> {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await awake(page);
}

const values = (page: Page): Record<string, string> => ({
  'Phone Number ID': world.sol.number,
  'WABA ID': world.sol.waba,
  'Business portfolio ID': world.solBusiness,
  'App ID': world.app,
  'Webhook URL': `${new URL(page.url()).origin}/api/webhooks/whatsapp`,
});

test('each row puts its own text on the clipboard, and says so @wasm', async ({ page, sandbox }) => {
  await connected(page, sandbox);
  await expect(announcer(page)).toHaveAttribute('aria-live', 'polite');
  for (const [label, value] of Object.entries(values(page))) {
    const button = ids(page).getByRole('button', { name: `Copy ${label}`, exact: true });
    const width = (await button.boundingBox())!.width;
    await button.click();
    await expect(button.getByText('Copied')).toBeVisible();
    expect((await button.boundingBox())!.width, `${label}: the button keeps its width`).toBe(width);
    expect(await page.evaluate(() => navigator.clipboard.readText()), label).toBe(value);
  }
  await expect(announcer(page)).toHaveText('Copied');
  await expect(announcer(page)).toHaveText('');
});

test('Copy all puts every row on the clipboard, a line each @wasm', async ({ page, sandbox }) => {
  await connected(page, sandbox);
  await page.getByRole('button', { name: 'Copy all' }).click();
  await expect(announcer(page)).toHaveText('Copied');
  const lines = Object.entries(values(page)).map(([label, value]) => `${label}: ${value}`);
  expect((await page.evaluate(() => navigator.clipboard.readText())).trim().split('\n')).toEqual(lines);
});

for (const [where, hinder] of [
  ['absent', () => Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined })],
  ['refused', () => (Clipboard.prototype.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError')))],
] as const) {
  test(`where the clipboard is ${where}, the text is selected and one key is left to press @wasm`, async ({ page, sandbox }) => {
    await page.addInitScript(hinder);
    await connected(page, sandbox);
    await ids(page).getByRole('button', { name: 'Copy WABA ID' }).click();
    await expect(announcer(page)).toHaveText('Press Ctrl+C');
    // Said to those who see, too.
    await expect(ids(page).getByRole('button', { name: 'Copy WABA ID' }).getByText('Ctrl+C')).toBeVisible();
    expect(await page.evaluate(() => String(getSelection()))).toBe(world.sol.waba);
    await page.getByRole('button', { name: 'Copy all' }).click();
    const selected = await page.evaluate(() => String(getSelection()));
    for (const value of Object.values(values(page))) expect(selected).toContain(value);
    expect(selected, 'buttons are not part of the text').not.toMatch(/Copy|Reveal|Copied/);
  });
}

test('the verify token is masked, is shown on request, and can be copied then @wasm', async ({ page, sandbox }) => {
  await connected(page, sandbox);
  const row = ids(page).locator('.row', { hasText: 'Verify token' });
  await expect(row.locator('code')).toHaveText('••••');
  expect(await page.content()).not.toMatch(/verify_token=\w/);
  await row.getByRole('button', { name: 'Reveal' }).click();
  await expect(row.locator('code')).toHaveText(/^\S{16,}$/);
  const token = await row.locator('code').innerText();
  await row.getByRole('button', { name: 'Copy verify token' }).click();
  await expect(announcer(page)).toHaveText('Copied');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
  await row.getByRole('button', { name: 'Hide' }).click();
  await expect(row.locator('code')).toHaveText('••••');
  await expect(row.getByRole('button', { name: 'Copy verify token' })).toBeHidden();
});

test('without scripts there are no copy buttons that do nothing @plain', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await expect(ids(page).getByText(world.sol.waba)).toBeVisible();
  await expect(page.getByRole('button', { name: /^Copy/ })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Reveal' })).toHaveCount(0);
});
