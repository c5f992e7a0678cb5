import { axe, enterAs, expect, test, watchConsole } from '../support/app.ts';
import { awake, connect, messages, receive } from '../support/journey.ts';
import { world } from '../support/sandbox.ts';

test('a message is found by its number in another spelling, opened and replayed', async ({ page, sandbox }) => {
  const quiet = watchConsole(page);
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await page.getByRole('link', { name: 'Messages', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Nothing arrived yet.' })).toBeVisible();
  await axe(page);
  await receive(page, sandbox, 'Do you have bread?');
  await receive(page, sandbox, 'Another voice', '442079460958');
  await page.goto(messages);
  await expect(page.getByRole('row')).toHaveCount(3);
  await axe(page);
  await page.getByRole('searchbox').fill('(11) 99999-0000');
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page.getByRole('row')).toHaveCount(2);
  await page.getByRole('combobox', { name: 'Kind' }).selectOption('message.failed');
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page.getByRole('heading', { name: 'Nothing matches.' })).toBeVisible();
  await page.getByRole('link', { name: 'Show all' }).first().click();
  await page.getByRole('link', { name: 'Do you have bread?' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Message received');
  await page.getByText('As Meta sent it').click();
  await expect(page.locator('#raw-json')).toContainText('"body": "Do you have bread?"');
  await axe(page);
  await page.getByRole('button', { name: 'Replay this delivery' }).click();
  await expect(page.getByText('1 delivery read again, nothing new in it.')).toBeVisible();
  quiet();
});

test('what came in some time is replayed', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await receive(page, sandbox, 'Hello');
  await page.goto(messages);
  await page.getByRole('link', { name: 'Replay', exact: true }).click();
  await page.getByRole('button', { name: 'Replay' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: /\d+ deliver(y|ies) read again, nothing new in it\./ })).toBeVisible();
  await axe(page);
});

test('support reads and may not replay; a viewer is not led here', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await receive(page, sandbox, 'Hello');
  await page.context().clearCookies();
  await enterAs(page, 'support');
  await page.goto(messages);
  await page.getByRole('link', { name: 'Hello' }).click();
  await expect(page.getByText('As Meta sent it')).toBeVisible();
  await expect(page.getByRole('button', { name: /Replay/ })).toHaveCount(0);
  await page.context().clearCookies();
  await enterAs(page, 'viewer');
  await expect(page.getByRole('link', { name: 'Messages', exact: true })).toHaveCount(0);
  const refused = await page.goto(messages);
  expect(refused!.status()).toBe(403);
});

test('two browsers hear of a new message at once, and nothing moves @wasm', async ({ page, browser, baseURL, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await receive(page, sandbox, 'The first');
  await page.goto(messages);
  const elsewhere = await browser.newContext({ baseURL, locale: 'en-US', timezoneId: 'UTC' });
  const other = await elsewhere.newPage();
  await enterAs(other, 'support');
  await other.goto(messages);
  const both = [page, other];
  for (const watched of both) {
    await awake(watched);
    await expect(watched.getByText('Live', { exact: true })).toBeVisible();
  }
  const place = await page.getByRole('link', { name: 'The first' }).boundingBox();
  await sandbox.webhook({ number: world.sol.number, text: 'The second' });
  for (const watched of both) {
    await expect(watched.getByRole('link', { name: 'Show 1 new event' })).toBeVisible();
    await expect(watched.locator('#announcer')).toHaveText('1 new event');
    await expect(watched.getByRole('link', { name: 'The second' })).toHaveCount(0);
  }
  expect(await page.getByRole('link', { name: 'The first' }).boundingBox()).toEqual(place);
  await other.getByRole('link', { name: 'Show 1 new event' }).click();
  await expect(other.getByRole('link', { name: 'The second' })).toBeVisible();
  await expect(other.getByRole('link', { name: 'Show the newest' })).toBeVisible();
  await elsewhere.close();
});
