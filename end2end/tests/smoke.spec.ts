import { axe, expect, test, watchConsole } from '../support/app.ts';

test('the login page greets, in light and in dark', async ({ page }) => {
  const noErrors = watchConsole(page);
  await page.goto('/login');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await axe(page);
  noErrors();
});
