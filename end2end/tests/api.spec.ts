import { type Page } from '@playwright/test';
import { axe, enterAs, expect, test, watchConsole } from '../support/app.ts';
import { awake, expectNoSidewaysScrolling } from '../support/journey.ts';

const keys = '/settings/api-keys';
const settings = '/api/settings/whatsapp';

async function make(page: Page, name: string, scope: 'Read:' | 'Read and write:', end = '30 days'): Promise<string> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel(scope).check();
  await page.getByLabel('It ends after').selectOption(end);
  await page.getByRole('button', { name: 'Make key' }).click();
  const made = page.getByRole('region', { name: `Your new key “${name}”` });
  return made.locator('code').innerText();
}

const ask = async (page: Page, key: string): Promise<number> =>
  (await page.request.get(settings, { headers: { authorization: `Bearer ${key}` } })).status();

test('an admin makes a key, uses it, and revokes it', async ({ page }) => {
  await enterAs(page, 'admin');
  const menu = page.getByRole('button', { name: 'Menu' });
  if (await menu.isVisible()) await menu.click();
  await page.getByRole('link', { name: 'API keys' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('API keys');
  await expect(page.getByRole('heading', { name: 'No key yet' })).toBeVisible();
  await expect(page.locator('.button.primary')).toHaveCount(1);
  const key = await make(page, 'Booking system', 'Read and write:');
  expect(key).toMatch(/^gt_[A-Za-z0-9]{40}$/);
  await expect(page.getByText('Copy it now: it is shown this once.')).toBeVisible();
  await axe(page);
  const row = page.getByRole('row', { name: /Booking system/ });
  await expect(row).toContainText(`gt_…${key.slice(-4)}`);
  await expect(row).toContainText('Never used');
  await expect(row).toContainText('made by Ana Souza');
  expect(await ask(page, key)).toBe(200);
  await page.goto(keys);
  expect(await page.content()).not.toContain(key);
  await expect(row).toContainText('Used');
  await expect(row).toContainText(/Works until \d+ \w+ \d{4}/);
  await row.getByRole('link', { name: 'Revoke Booking system' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Revoke “Booking system”?');
  await axe(page);
  await page.getByRole('link', { name: 'Keep it' }).click();
  expect(await ask(page, key)).toBe(200);
  await row.getByRole('link', { name: 'Revoke Booking system' }).click();
  await page.getByRole('button', { name: 'Revoke key' }).click();
  await expect(page).toHaveURL(keys);
  await expect(row).toContainText('Revoked');
  await expect(row.getByRole('link')).toHaveCount(0);
  expect(await ask(page, key)).toBe(401);
});

test('what is missing is said beside the field, and what was typed stays', async ({ page }) => {
  await enterAs(page, 'admin');
  await page.goto(keys);
  const answer = await page.request.post(keys, {
    form: { name: ' ', scope: 'write', days: '90' },
    headers: { origin: new URL(page.url()).origin, accept: 'text/html' },
  });
  expect(answer.status()).toBe(422);
  const html = await answer.text();
  expect(html).toContain('1 to 80 characters in one line');
  expect(html).toMatch(/value="write" checked/);
  expect(html).toMatch(/<option value="90" selected/);
});

for (const role of ['support', 'viewer'] as const) {
  test(`${role} sees no keys and no way to them`, async ({ page }) => {
    await enterAs(page, role);
    await expect(page.getByRole('link', { name: 'API keys' })).toHaveCount(0);
    expect((await page.goto(keys))?.status()).toBe(403);
    await expect(page.getByText('This needs the role admin.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Make key' })).toHaveCount(0);
  });
}

test('the new key is copied by its button @wasm', async ({ page }) => {
  await enterAs(page, 'admin');
  await page.goto(keys);
  await awake(page);
  const key = await make(page, 'Booking system', 'Read:');
  await awake(page);
  await page.getByRole('button', { name: 'Copy API key' }).click();
  await expect(page.locator('#announcer')).toHaveText('Copied');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
});

test('the documentation is open to everybody and tells every call', async ({ page }) => {
  const noErrors = watchConsole(page);
  await page.goto('/api/docs');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('API documentation');
  const contract = await (await page.request.get('/api/openapi.json')).json();
  const calls = Object.entries<Record<string, { operationId: string; responses: object }>>(contract.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  );
  expect(calls.length).toBeGreaterThanOrEqual(8);
  for (const { path, method, operationId, responses } of calls) {
    const call = page.locator(`#${operationId}`);
    await expect(call.getByRole('heading', { level: 3 })).toHaveText(`${method} ${path}`);
    await expect(call.locator('pre').first()).toContainText(`curl -X ${method} ${new URL(page.url()).origin}/api/`);
    for (const status of Object.keys(responses)) await expect(call.locator('dt', { hasText: status })).toHaveCount(1);
  }
  await axe(page);
  await page.setViewportSize({ width: 320, height: 256 });
  await expectNoSidewaysScrolling(page);
  noErrors();
});

test('a call copied from the documentation works with a key put in', async ({ page }) => {
  await enterAs(page, 'admin');
  await page.goto(keys);
  const key = await make(page, 'Reader', 'Read:', 'It does not end');
  await page.getByRole('link', { name: 'API documentation' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('API documentation');
  const text = await page.locator('#listConnections pre').first().innerText();
  const address = /curl -X GET (\S+)/.exec(text)![1]!;
  const [, name, value] = /-H '([^:]+): ([^']+)'/.exec(text)!;
  const answer = await page.request.get(address, { headers: { [name!]: value!.replace('gt_…', key) } });
  expect(answer.status()).toBe(200);
  expect(await answer.json()).toEqual({ data: [] });
});
