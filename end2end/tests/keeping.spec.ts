import { readFile } from 'node:fs/promises';
import { axe, enterAs, expect, test, watchConsole } from '../support/app.ts';
import { connect, expectNoSidewaysScrolling, messages, receive } from '../support/journey.ts';

test("one person's data is looked for, asked about and deleted; the others' stays", async ({ page, sandbox }) => {
  const quiet = watchConsole(page);
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await receive(page, sandbox, 'Do you have bread?');
  await receive(page, sandbox, 'Another voice', '442079460958');
  await page.goto(`${messages}?q=${encodeURIComponent('(11) 99999-0000')}`);
  await page.getByRole('link', { name: "Delete this person's data" }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Personal data');
  await axe(page);
  await page.getByLabel('Phone number or WhatsApp user ID').fill('+55 (11) 99999-0000');
  await page.getByRole('button', { name: 'Look for it' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Delete the data of .+\?$/);
  await expect(page.getByRole('listitem').filter({ hasText: /^1 event: / })).toBeVisible();
  await axe(page);
  await page.getByRole('button', { name: 'Delete this data' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'number …00' })).toContainText('Deleted: 1 event, 1 delivery.');
  await axe(page);
  await page.goto(messages);
  await expect(page.getByRole('link', { name: 'Another voice' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Do you have bread?' })).toHaveCount(0);
  quiet();
});

test('a person who cannot be meant is told so beside what was typed', async ({ page }) => {
  await enterAs(page, 'admin');
  await page.getByRole('link', { name: 'Personal data' }).click();
  await page.getByLabel('Phone number or WhatsApp user ID').fill('Bia from the bakery');
  await page.getByRole('button', { name: 'Look for it' }).click();
  await expect(page.getByLabel('Phone number or WhatsApp user ID')).toHaveValue('Bia from the bakery');
  await expect(page.getByText('A phone number with its country code, or a WhatsApp user ID')).toBeVisible();
  await axe(page);
});

test('what was looked for is carried away as a file', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await receive(page, sandbox, 'Do you have bread?');
  await receive(page, sandbox, 'Another voice', '442079460958');
  await page.goto(`${messages}?q=${encodeURIComponent('+44 20 7946 0958')}`);
  await page.getByRole('link', { name: 'Export' }).click();
  await expect(page.getByLabel('One person alone')).toHaveValue('+44 20 7946 0958');
  await axe(page);
  await expectNoSidewaysScrolling(page);
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export' }).click();
  const file = await coming;
  expect(file.suggestedFilename()).toMatch(/^greentick-events-\d{4}-\d\d-\d\d\.jsonl$/);
  const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({ kind: 'message.received', meta: { text: { body: 'Another voice' } } });
  await page.getByLabel('One person alone').fill('Bia');
  await page.getByRole('button', { name: 'Export' }).click();
  await expect(page.getByLabel('One person alone')).toHaveAttribute('aria-invalid', 'true');
});

test('a time that cannot be replayed is told beside its field, and stays as it was typed', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await page.goto(`${messages}/replay`);
  await page.getByLabel('From, UTC').fill('2026-01-02T10:00');
  await page.getByLabel('To, UTC').fill('2026-01-01T10:00');
  await page.getByRole('button', { name: 'Replay' }).click();
  await expect(page.getByText('Not before the beginning')).toBeVisible();
  await expect(page.getByLabel('To, UTC')).toHaveValue('2026-01-01T10:00');
  await expect(page.getByLabel('To, UTC')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('From, UTC')).toHaveValue('2026-01-02T10:00');
  await axe(page);
});
