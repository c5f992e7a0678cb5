import { axe, enterAs, expect, test, watchConsole } from '../support/app.ts';
import { configurations, connect } from '../support/journey.ts';

test('after a restore every page says that sending is paused, until an admin resumes', async ({ page, app, sandbox }) => {
  const noErrors = watchConsole(page);
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  // The number's page would hold its line to the server, and the browser write down that it is gone.
  await page.goto('about:blank');
  await app.restoreFromBackup();
  const paused = page.getByRole('region', { name: 'Paused' });
  for (const path of [configurations, '/settings/api-keys', '/settings/backups']) {
    await page.goto(path);
    await expect(paused.getByText('Sending is paused.')).toBeVisible();
  }
  await axe(page);
  await paused.getByRole('button', { name: /Resume/ }).click();
  await expect(page).toHaveURL(/\/settings\/backups$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Backups');
  await expect(paused).toHaveCount(0);
  await page.goto(configurations);
  await expect(page.getByText('Padaria Sol').first()).toBeVisible();
  await expect(paused).toHaveCount(0);
  noErrors();
});

test('a viewer is not troubled with the pause', async ({ page, app, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await app.restoreFromBackup();
  await page.context().clearCookies();
  await enterAs(page, 'viewer');
  await expect(page.getByText('Padaria Sol').first()).toBeVisible();
  await expect(page.getByText('Sending is paused.')).toHaveCount(0);
});
