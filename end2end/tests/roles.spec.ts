import { type Page } from '@playwright/test';
import { enterAs, expect, test } from '../support/app.ts';
import { badge, configurations, connect } from '../support/journey.ts';
import { world } from '../support/sandbox.ts';

const changing = /Refresh|Disconnect|Reveal|Switch messages on/;

async function expectNothingToChange(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: changing })).toHaveCount(0);
  await expect(page.getByRole('link', { name: /Connect with Facebook|Add a number|Reconnect/ })).toHaveCount(0);
}

for (const role of ['support', 'viewer'] as const) {
  test(`where no number is connected, ${role} is told whom to ask`, async ({ page }) => {
    await enterAs(page, role);
    await expect(page.getByText('No number is connected yet. Ask an admin: Ana Souza.')).toBeVisible();
    await expectNothingToChange(page);
    });

  test(`${role} cannot reach what an admin does by its address either`, async ({ page, sandbox }) => {
    await enterAs(page, 'admin');
    const id = await connect(page, sandbox);
    await enterAs(page, role);
    for (const path of ['/connect/facebook/start', `/connect/facebook/start?connection=${id}`]) {
      const answer = await page.goto(path);
      expect(answer?.status(), path).toBe(403);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('This needs the role admin.');
    }
    await page.goto(`${configurations}/${id}/disconnect`);
    await expect(page.getByText('This needs the role admin.')).toBeVisible();
    await expect(page.getByRole('button', { name: /Disconnect/ })).toHaveCount(0);
    const origin = new URL(page.url()).origin;
    for (const action of ['refresh_token', 'disconnect_number', 'subscribe_app', 'reveal_verify_token']) {
      const answer = await page.request.post(`/_fn/${action}`, {
        form: { connection: id, confirmed: 'yes' },
        headers: { origin, accept: 'application/json' },
      });
      expect(answer.status(), action).toBe(403);
    }
    await page.goto(`${configurations}/${id}`);
    await expect(badge(page)).toHaveText('Connected');
  });
}

test('support sees everything but secrets, and changes nothing', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  const id = await connect(page, sandbox);
  await enterAs(page, 'support');
  await page.goto(`${configurations}/${id}`);
  await expect(badge(page)).toHaveText('Connected');
  await expect(page.getByRole('region', { name: 'What works' }).getByRole('listitem')).toHaveCount(4);
  const ids = page.getByRole('region', { name: 'IDs for developers' });
  await expect(ids).toContainText(world.sol.number);
  await expect(ids.locator('.row', { hasText: 'Verify token' })).toContainText('••••');
  await page.getByText('Technical details').click();
  await expect(page.getByText('Business integration token, without an end', { exact: true })).toBeVisible();
  await expectNothingToChange(page);
  if (test.info().project.name === 'wasm') {
    await expect(ids.getByRole('button', { name: 'Copy WABA ID' })).toBeVisible();
  }
});

test('a viewer sees the badge, verification and payment, and nothing else', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  const id = await connect(page, sandbox);
  await enterAs(page, 'viewer');
  await page.goto(`${configurations}/${id}`);
  await expect(badge(page)).toHaveText('Connected');
  const answers = page.getByRole('region', { name: 'What works' });
  await expect(answers.getByRole('listitem')).toHaveCount(1);
  await expect(answers).toContainText('Payment method on file');
  const facts = page.getByRole('region', { name: 'What Meta says about your business' });
  await expect(facts.locator('.row')).toHaveCount(1);
  await expect(facts).toContainText('Verified');
  await expect(page.getByRole('heading', { name: 'IDs for developers' })).toHaveCount(0);
  await expect(page.getByText('Technical details')).toHaveCount(0);
  await expectNothingToChange(page);
  const html = await page.content();
  for (const secret of [world.sol.number, world.app, world.solBusiness]) expect(html).not.toContain(secret);
});

test('who is not logged in sees only the door, and comes to where they wanted afterwards', async ({ page }) => {
  const wanted = '/core/whatsapp-api/setup-guide';
  await page.goto(wanted);
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByRole('button', { name: /^Enter as .* · support$/ }).click();
  await expect(page).toHaveURL(wanted);
  const menu = page.getByRole('button', { name: 'Menu' });
  if (await menu.isVisible()) await menu.click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page).toHaveURL(/\/login$/);
  await page.goto(wanted);
  await expect(page).toHaveURL(/\/login/);
});

test('wrong login data are refused without saying which part is wrong', async ({ page }) => {
  await page.goto('/login');
  await page.getByLabel('Email').fill('ana@sandbox.invalid');
  await page.getByLabel('Password').fill('guessed wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('alert')).toContainText('Email or password is wrong.');
  await expect(page.getByLabel('Email')).toHaveValue('ana@sandbox.invalid');
  await expect(page.getByLabel('Password')).toHaveValue('');
});
