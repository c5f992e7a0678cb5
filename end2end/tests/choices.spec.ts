import { type Page } from '@playwright/test';
import { axe, enterAs, expect, test } from '../support/app.ts';
import { badge, cancelAtFacebook, choose, chooseNumber, comeBack, configurations, throughDialog, wayBack } from '../support/journey.ts';
import { world } from '../support/sandbox.ts';

const title = (page: Page) => page.getByRole('heading', { level: 1 });
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

/** From the progress page, by itself or by its link, to the number's page. */
async function expectNumber(page: Page, display: string, state = 'Connected'): Promise<void> {
  await expect(title(page)).toHaveText(new RegExp(`^(Connected|${display.replace('+', '\\+')})$`));
  if (test.info().project.name === 'plain') await page.getByRole('link', { name: 'Open the number' }).click();
  await expect(page.getByRole('heading', { level: 1, name: display })).toBeVisible();
  await expect(badge(page)).toHaveText(state);
}

test.beforeEach(async ({ page }) => {
  await enterAs(page, 'admin');
});

/** What the page says went wrong; the support bundle beneath repeats it. */
const calledOut = (page: Page) => page.locator('.call-out').first();

test('of several WhatsApp accounts one is chosen', async ({ page, sandbox }) => {
  await comeBack(page, sandbox, { wabas: [world.delivery.waba, world.sol.waba] });
  await expect(title(page)).toHaveText('Which WhatsApp account?');
  await expect(page.getByRole('radio')).toHaveCount(2);
  await expect(page.getByRole('radio', { name: 'Padaria Sol Delivery' })).toBeChecked();
  await choose(page, 'Padaria Sol');
  await press(page, 'Continue');
  await expectNumber(page, world.sol.display);
});

test('of several numbers one is chosen; the next time it cannot be chosen again', async ({ page, sandbox }) => {
  await comeBack(page, sandbox, { wabas: [world.delivery.waba] });
  await expect(title(page)).toHaveText('Which number?');
  await expect(page.getByRole('radio')).toHaveCount(3);
  await chooseNumber(page, world.inReview.display);
  await expectNumber(page, world.inReview.display);
  await expect(page.getByRole('region', { name: 'What works' })).toContainText('Name in review');

  await comeBack(page, sandbox, { wabas: [world.delivery.waba] });
  await expect(page.getByRole('radio', { name: world.inReview.display })).toBeDisabled();
  await expect(page.getByText('Already connected here.')).toBeVisible();
  await chooseNumber(page, world.delivery.display);
  await expectNumber(page, world.delivery.display);
  await page.goto(configurations);
  await expect(page.getByRole('row')).toHaveCount(3);
});

test('a number that is connected already is not connected twice', async ({ page, sandbox }) => {
  await comeBack(page, sandbox);
  await expectNumber(page, world.sol.display);
  await comeBack(page, sandbox);
  await expect(title(page)).toHaveText('Not connected');
  await expect(calledOut(page)).toContainText(`${world.sol.display} is connected already.`);
});

test('an account without a number waits until there is one', async ({ page, sandbox }) => {
  await page.goto('/connect/facebook/start');
  await throughDialog(page, 'Choose a WhatsApp account');
  await page.getByLabel('Create a new WhatsApp account').check();
  await page.getByLabel('Name of the new account').fill('Padaria Nova');
  await press(page, 'Continue');
  await page.getByLabel('No number yet').check();
  await press(page, 'Continue');
  await press(page, 'Continue');
  await press(page, 'Finish');
  await expect(title(page)).toHaveText('No number yet');
  const address = page.url();
  await press(page, 'Look again');
  await expect(title(page)).toHaveText('No number yet');
  // It can be left and found again.
  await page.goto(configurations);
  await page.getByRole('link', { name: 'Continue where you left off' }).click();
  await expect(page).toHaveURL(address);
  const [added] = await sandbox.addNumbers(await sandbox.wabaNamed('Padaria Nova'), 1);
  expect(added).toBeTruthy();
  await press(page, 'Look again');
  await expect(title(page)).toHaveText(/^(Connected|\+1.*)$/);
});

test('a number that is not verified gets a code by SMS; a wrong one is asked again', async ({ page, sandbox }) => {
  await sandbox.changeNumber(world.sol.number, { codeStatus: 'NOT_VERIFIED' });
  await comeBack(page, sandbox);
  await expect(title(page)).toHaveText('Verify the number');
  await press(page, 'Send by SMS');
  await expect(page.getByText(`Meta has sent a code by SMS to ${world.sol.display}.`)).toBeVisible();
  await page.getByLabel('Code').fill('000000');
  await press(page, 'Verify');
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByLabel('Code').fill('123-456');
  await press(page, 'Verify');
  await expectNumber(page, world.sol.display);
});

test('a number with a PIN asks for it; a wrong one is told, and the right one registers', async ({ page, sandbox }) => {
  await comeBack(page, sandbox, { wabas: [world.delivery.waba] });
  await chooseNumber(page, world.withPin.display);
  await expect(title(page)).toHaveText("Enter the number's PIN");
  await expect(page.getByRole('alert'), 'nobody has made a mistake yet').toHaveCount(0);
  await expect(page.getByLabel('PIN')).toHaveAttribute('type', 'password');
  await page.getByLabel('PIN').fill('111111');
  await press(page, 'Register the number');
  await expect(page.getByRole('alert')).toContainText('The PIN is not the one Meta has for this number.');
  await expect(page.getByLabel('PIN')).toHaveValue('');
  await page.getByLabel('PIN').fill(world.withPin.pin);
  await press(page, 'Register the number');
  await expectNumber(page, world.withPin.display);
  expect(await page.content()).not.toContain(world.withPin.pin);
});

test('what is asked can be given up, and nothing was changed', async ({ page, sandbox }) => {
  await comeBack(page, sandbox, { wabas: [world.delivery.waba] });
  await press(page, 'Cancel');
  await expect(page.getByText('Nothing was changed here.')).toBeVisible();
  await page.goto(configurations);
  await expect(page.getByRole('heading', { name: 'Connect your WhatsApp number.' })).toBeVisible();
  await expect(page.getByText('Continue where you left off')).toHaveCount(0);
});

test('an answer that came too late is told so', async ({ page, sandbox }) => {
  const late = await wayBack(page, sandbox);
  await sandbox.advanceClock(31);
  await page.goto(late);
  await expect(title(page)).toHaveText('Not connected');
  await expect(calledOut(page)).toContainText("Facebook's answer came too late (it is valid for 30 seconds).");
  await expect(calledOut(page)).toContainText('Press Connect with Facebook once more.');
});

test('coming back twice shows the same progress and connects once', async ({ page, sandbox }) => {
  const address = await wayBack(page, sandbox);
  await page.goto(address);
  await expectNumber(page, world.sol.display);
  await page.goto(address);
  await expectNumber(page, world.sol.display);
  expect((await sandbox.calls()).filter((call) => call.path.endsWith('/register'))).toHaveLength(1);
});

test("somebody else's way back is refused, and nothing was changed", async ({ page, browser, baseURL, sandbox }) => {
  const address = await wayBack(page, sandbox);
  const elsewhere = await browser.newContext({ baseURL });
  const other = await elsewhere.newPage();
  await enterAs(other, 'admin');
  await other.goto(address);
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('This sign-in was not started in this browser.');
  await elsewhere.close();
  await page.goto('/connect/facebook/callback?code=made-up');
  await expect(title(page)).toHaveText('This link from Facebook is incomplete.');
  await page.goto(configurations);
  await expect(page.getByRole('heading', { name: 'Connect your WhatsApp number.' })).toBeVisible();
});

test('when Meta is down during the work, it goes on by itself', async ({ page, sandbox }) => {
  const address = await wayBack(page, sandbox);
  const fault = await sandbox.fault({ on: 'waba/subscribed_apps', method: 'POST', kind: 'http_500' });
  await page.goto(address);
  await expect(title(page)).toHaveText('Connecting your number');
  await expect(page.getByText('Meta is slow. This goes on by itself; you may close the page.')).toBeVisible({ timeout: 15_000 });
  await expect(page.locator('[aria-current=step]')).toContainText('Messages switched on');
  // Without scripts the page loads itself again, which axe objects to; there is no other way to move on then.
  if (test.info().project.name === 'wasm') await axe(page);
  await sandbox.remove(fault);
  await expect(title(page)).not.toHaveText('Connecting your number', { timeout: 15_000 });
  await expectNumber(page, world.sol.display);
});

test('when Meta will not switch messages on, the number is there and says what to press', async ({ page, sandbox }) => {
  await sandbox.scenario('subscribe_refused');
  await comeBack(page, sandbox);
  await expectNumber(page, world.sol.display, 'Not working');
  const todo = page.getByRole('region', { name: 'What to do' });
  await expect(todo).toContainText("Meta does not send this number's messages here.");
  await sandbox.clearFaults();
  await todo.getByRole('button', { name: /Switch messages on/ }).click();
  await expect(badge(page)).toHaveText('Connected');
  await expect(todo).toHaveCount(0);
});

test('a number that Meta will not register yet is kept, and says why', async ({ page, sandbox }) => {
  await sandbox.fault({ on: 'phone/register', kind: 'graph_error', code: 133_016 });
  await comeBack(page, sandbox);
  await expectNumber(page, world.sol.display, 'Setting up');
  const todo = page.getByRole('region', { name: 'What to do' });
  await expect(todo).toContainText('The number was registered too often.');
  await expect(todo).not.toContainText('moved to another system');
});

test('reconnecting is for one number: another account changes nothing', async ({ page, sandbox }) => {
  await comeBack(page, sandbox);
  await expectNumber(page, world.sol.display);
  const id = page.url().split('/').pop()!;
  await comeBack(page, sandbox, { reconnect: id, wabas: [world.lua.waba], business: world.luaBusiness });
  await expect(calledOut(page)).toContainText(new RegExp(`You chose .*; this is \\${world.sol.display}\\. Nothing was changed\\.`));
});

test('a business with troubles is told all of them, the worst first', async ({ page, sandbox }) => {
  await comeBack(page, sandbox, { wabas: [world.lua.waba], business: world.luaBusiness });
  await chooseNumber(page, world.lua.display);
  await expectNumber(page, world.lua.display, 'Needs attention');
  const todo = page.getByRole('region', { name: 'What to do' });
  await expect(todo.locator('.call-out-title')).toHaveText('Meta reports a problem with the payment method.');
  await expect(todo.getByRole('link', { name: /Manage payment at Meta/ })).toBeVisible();
  await todo.getByText('1 more').click();
  await expect(todo.getByText('Meta rates the quality of this number as low.')).toBeVisible();
  const facts = page.getByRole('region', { name: 'What Meta says about your business' });
  await expect(facts).toContainText('Not verified. Not needed to start; raises your limit.');
  await expect(facts).toContainText('No tick. Most businesses have none; you can send without it.');
});

test('the number on the Business app keeps working there', async ({ page }) => {
  await page.goto(configurations);
  const link = page.getByRole('link', { name: 'My number is on the WhatsApp Business app' });
  await expect(link).toHaveAttribute('href', '/connect/facebook/start?coexistence=1');
  await page.goto('/connect/facebook/start?coexistence=1');
  await cancelAtFacebook(page, 'Choose a phone number');
  await expect(title(page)).toHaveText('You left Facebook before the end.');
});
