import { type Page } from '@playwright/test';
import { axe, enterAs, expect, test } from '../support/app.ts';
import { badge, connect } from '../support/journey.ts';
import { world } from '../support/sandbox.ts';

const routing = (page: Page) => page.locator('#technical section').filter({ has: page.getByRole('heading', { name: 'Routing' }) });

async function openRouting(page: Page): Promise<void> {
  await page.locator('#technical > summary').click();
  await expect(routing(page)).toBeVisible();
}

test('connecting tells Meta where to deliver; the panel shows it and asks our own address', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await sandbox.takeAppAddressAway();
  await connect(page, sandbox);
  await expect(badge(page)).toHaveText('Connected');
  await openRouting(page);
  const own = `${new URL(page.url()).origin}/api/webhooks/whatsapp`;
  await expect(routing(page)).toContainText('App subscribed');
  await expect(routing(page).locator('dd').filter({ hasText: 'Leads here' })).toContainText(own);
  await expect(routing(page)).toContainText('13 fields present');
  await expect(routing(page).getByRole('button', { name: /Repair routing/ })).toHaveCount(0);
  await axe(page);
  await routing(page).getByRole('button', { name: /Ask our address as Meta would/ }).click();
  await expect(page.getByText('Our address answers as Meta wants it to.')).toBeVisible();
});

test('an address that another system has set is taken over only after one more question', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  const theirs = await sandbox.giveAppToAnother();
  await connect(page, sandbox);
  await expect(badge(page)).toHaveText('Needs attention');
  const todo = page.getByRole('region', { name: 'What to do' });
  await expect(todo).toContainText('news about account and templates go to another address');
  await todo.getByRole('link', { name: 'Take over the address…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Take over the address?');
  await expect(page.locator('main')).toContainText(theirs);
  await axe(page);
  await page.getByRole('link', { name: 'Leave it as it is' }).click();
  await expect(badge(page)).toHaveText('Needs attention');
  await todo.getByRole('link', { name: 'Take over the address…' }).click();
  await page.getByRole('button', { name: /Take over the address/ }).click();
  await expect(page.getByText("Meta sends this number's messages here.")).toBeVisible();
  await expect(badge(page)).toHaveText('Connected');
  expect((await sandbox.calls()).map(({ method, path }) => `${method} ${path}`)).toContainEqual(
    expect.stringMatching(new RegExp(`^POST .*/${world.app}/subscriptions$`)),
  );
});

test('a refused address is said with its step, and repaired at a press', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await sandbox.takeAppAddressAway();
  await sandbox.fault({ on: 'app/subscriptions', method: 'POST', kind: 'graph_error', code: 2200, message: '(#2200) Callback verification failed' });
  await connect(page, sandbox);
  const todo = page.getByRole('region', { name: 'What to do' });
  await expect(todo).toContainText('Meta has no address to send this number');
  await expect(todo).toContainText("The app's address could not be set.");
  await sandbox.clearFaults();
  await todo.getByRole('button', { name: /Repair routing/ }).click();
  await expect(badge(page)).toHaveText('Connected');
});

test('the setup guide asks our own address', async ({ page }) => {
  await enterAs(page, 'support');
  await page.goto('/core/whatsapp-api/setup-guide');
  await page.getByRole('button', { name: /Ask our address as Meta would/ }).click();
  await expect(page.getByText('Our address answers as Meta wants it to.')).toBeInViewport();
  await axe(page);
});
