import { type Page } from '@playwright/test';
import { enterAs, expect, test } from '../support/app.ts';
import { configurations, expectNoSidewaysScrolling, wayBack } from '../support/journey.ts';
import { type Sandbox, world } from '../support/sandbox.ts';

const rows = (page: Page) => page.locator('tbody').getByRole('row');

/** Connects numbers of one account without clicking, one after another. */
async function connectMany(page: Page, sandbox: Sandbox, numbers: string[]): Promise<void> {
  for (const number of numbers) {
    const progress = await page.request.get(await wayBack(page, sandbox, { wabas: [world.delivery.waba] }));
    const signup = new URL(progress.url()).pathname.split('/').pop()!;
    const chosen = await page.request.post('/_fn/choose_number', {
      form: { signup, phone_number_id: number },
      headers: { origin: new URL(progress.url()).origin },
    });
    expect(chosen.ok(), number).toBe(true);
  }
}

test('many numbers are a list with badges, a search and pages', async ({ page, sandbox }) => {
  test.slow();
  await enterAs(page, 'admin');
  const numbers = await sandbox.addNumbers(world.delivery.waba, 60);
  await connectMany(page, sandbox, numbers.slice(0, 27));
  await page.goto(configurations);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('WhatsApp numbers');
  await expect(page.getByText('27 numbers in all')).toBeVisible();
  await expect(rows(page)).toHaveCount(25);
  await expect(rows(page).first().locator('[data-badge]')).toHaveText('Connected');

  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(rows(page)).toHaveCount(2);
  await expect(page.getByRole('link', { name: 'Next page' })).toHaveCount(0);

  const wanted = numbers[20]!;
  await page.getByRole('searchbox').fill(wanted);
  await page.getByRole('searchbox').press('Enter');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText(wanted);
  await expect(page.getByRole('searchbox')).toHaveValue(wanted);
  await rows(page).getByRole('link').click();
  await expect(page.getByRole('region', { name: 'IDs for developers' })).toContainText(wanted);
  await page.goBack();

  await page.getByRole('searchbox').fill('no such "number" & <b>');
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page.getByText('Nothing matches “no such "number" & <b>”.')).toBeVisible();
  await page.getByRole('link', { name: 'Show all numbers' }).click();
  await expect(rows(page)).toHaveCount(25);

  await page.setViewportSize({ width: 320, height: 640 });
  await expectNoSidewaysScrolling(page);

  // One of many is disconnected by its own page, and the list says so.
  await page.setViewportSize({ width: 1280, height: 720 });
  await rows(page).first().getByRole('link').click();
  await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
  await page.getByRole('button', { name: 'Disconnect number' }).click();
  await expect(page.getByText('Messages have stopped in both directions.')).toBeVisible();
  await page.goto(configurations);
  await expect(rows(page).filter({ hasText: 'Disconnected' })).toHaveCount(1);
  // Its siblings still need the account's messages.
  const told = (await sandbox.calls()).map((call) => `${call.method} ${call.path}`);
  expect(told).not.toContainEqual(expect.stringMatching(/^DELETE .*subscribed_apps$/));
});
