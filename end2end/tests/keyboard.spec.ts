import { type Locator, type Page } from '@playwright/test';
import { enterAs, expect, test } from '../support/app.ts';
import { awake, badge, connect } from '../support/journey.ts';
import { world } from '../support/sandbox.ts';

/** Goes on with Tab until `target` has the focus, and sees that the focus can be seen. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    const there = await target.evaluateAll((found) => found.length > 0 && found[0] === document.activeElement);
    if (there) return expectVisibleFocus(page);
  }
  throw new Error(`Tab never reached ${target}`);
}

async function expectVisibleFocus(page: Page): Promise<void> {
  const focus = await page.evaluate(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement!);
    const { top, bottom } = document.activeElement!.getBoundingClientRect();
    return { outlineStyle, outlineWidth, inside: bottom > 0 && top < window.innerHeight, html: document.activeElement!.outerHTML };
  });
  expect(focus, focus.html).toMatchObject({ outlineStyle: 'solid', outlineWidth: '2px', inside: true });
}

/** The same walk as with a mouse, through Meta's dialog as well. */
async function throughDialogByKeys(page: Page): Promise<void> {
  const title = page.getByRole('heading', { level: 1 });
  await expect(title).toHaveText(/^Log in to connect/);
  await page.getByRole('button', { name: 'Continue as Ana Souza' }).focus();
  await page.keyboard.press('Enter');
  for (const step of ['Choose a business portfolio', 'Choose a WhatsApp account', 'Choose a phone number', 'Review what you share']) {
    await expect(title).toHaveText(step);
    await page.getByRole('button', { name: 'Continue', exact: true }).focus();
    await page.keyboard.press('Enter');
  }
  await page.getByRole('button', { name: 'Finish' }).focus();
  await page.keyboard.press('Enter');
}

test('all of it can be done with keys alone: log in, connect, refresh, disconnect', async ({ page }) => {
  const scripted = test.info().project.name === 'wasm';
  await page.goto('/login');
  await tabTo(page, page.getByRole('button', { name: /^Enter as .* · admin$/ }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Connect your WhatsApp number.' })).toBeVisible();
  if (scripted) await awake(page);
  await tabTo(page, page.getByRole('link', { name: 'Connect with Facebook' }));
  if (scripted) {
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.keyboard.press('Enter')]);
    await throughDialogByKeys(popup);
  } else {
    await page.keyboard.press('Enter');
    await throughDialogByKeys(page);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Connected');
    await tabTo(page, page.getByRole('link', { name: 'Open the number' }));
    await page.keyboard.press('Enter');
  }
  await expect(page.getByRole('heading', { level: 1, name: world.sol.display })).toBeVisible();

  await tabTo(page, page.getByRole('button', { name: 'Refresh token' }));
  await page.keyboard.press('Enter');
  await expect(page.getByText('Meta confirms that this token does not end')).toBeVisible();
  if (scripted) {
    await awake(page);
    await tabTo(page, page.getByRole('button', { name: 'Copy WABA ID' }));
    await page.keyboard.press('Space');
    await expect(page.locator('#announcer')).toHaveText('Copied');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(world.sol.waba);
    await expect(page.getByRole('button', { name: 'Copy WABA ID' })).toBeFocused();
    await page.reload();
  }

  await tabTo(page, page.getByRole('button', { name: 'Disconnect', exact: true }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Disconnect ${world.sol.display}?`);
  await tabTo(page, page.getByRole('checkbox'));
  await page.keyboard.press('Space');
  await expect(page.getByRole('checkbox')).toBeChecked();
  await page.keyboard.press('Space');
  await expect(page.getByRole('checkbox')).not.toBeChecked();
  await tabTo(page, page.getByRole('button', { name: 'Disconnect number' }));
  await page.keyboard.press('Enter');
  await expect(badge(page)).toHaveText('Disconnected');
});

test('the first Tab offers to skip to the content', async ({ page }) => {
  await enterAs(page, 'admin');
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true);
});

test('every stop on the way through the page can be seen, and there is no trap', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  if (test.info().project.name === 'wasm') await awake(page);
  const stops: string[] = [];
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const active = document.activeElement;
      if (!active || active === document.body) return '';
      // Links of the same name that lead to the same place are no riddle.
      return `${active.getAttribute('aria-label') ?? active.textContent} ${active.getAttribute('href') ?? ''}`;
    });
    if (stop === '') break;
    if (!stop.includes('/') || !stops.includes(stop)) stops.push(stop);
    await expectVisibleFocus(page);
  }
  expect(stops.length).toBeGreaterThan(15);
  expect(stops.length, 'the end of the page is reached').toBeLessThan(80);
  const twice = stops.filter((stop, place) => stops.indexOf(stop) !== place);
  expect(twice, 'no two stops are called the same').toEqual([]);
});

test('hints open and close with keys, and Escape closes them', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  const hint = page.getByRole('button', { name: 'About WABA ID' });
  const text = page.getByText('Also called Business Account ID.');
  await expect(text).toBeHidden();
  await tabTo(page, hint);
  await page.keyboard.press('Enter');
  await expect(text).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(text).toBeHidden();
  await expect(hint).toBeFocused();
  await page.keyboard.press('Space');
  await expect(text).toBeVisible();
  await page.keyboard.press('Space');
  await expect(text).toBeHidden();
});

test('live updates leave the focus, open hints and open details alone @wasm', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  const id = await connect(page, sandbox);
  await awake(page);
  const origin = new URL(page.url()).origin;
  const checkElsewhere = () =>
    page.request.post('/_fn/check_connection', { form: { connection: id }, headers: { origin } });
  await page.getByText('Technical details').click();

  await page.getByRole('button', { name: 'Refresh token' }).focus();
  await sandbox.scenario('payment_missing', { waba: world.sol.waba });
  await checkElsewhere();
  await expect(badge(page)).toHaveText('Needs attention', { timeout: 10_000 });
  await expect(page.getByRole('button', { name: 'Refresh token' })).toBeFocused();
  await expect(page.getByText('App subscribed')).toBeVisible();

  // A hint in a region that changes stays open while it is read.
  await page.getByRole('button', { name: 'About quality' }).click();
  const hint = page.getByText('How customers took your messages in the last seven days.');
  await expect(hint).toBeVisible();
  await sandbox.scenario('payment_restored', { waba: world.sol.waba });
  await sandbox.changeNumber(world.sol.number, { quality: 'YELLOW' });
  await checkElsewhere();
  await expect(badge(page)).toHaveText('Connected', { timeout: 10_000 });
  await expect(hint).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'About quality' })).toBeFocused();
});
