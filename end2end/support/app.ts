import { test as base, expect, type Page } from '@playwright/test';
import { AxeBuilder } from '@axe-core/playwright';
import { Sandbox } from './sandbox.ts';
import { Server } from './server.ts';

export { expect } from '@playwright/test';
export type { Server } from './server.ts';

/** `app` is one running Greentick per worker; each test finds it as on the first day. `sandbox` steers its sandbox of Meta. */
export const test = base.extend<{ baseURL: string; serverLog: void; sandbox: Sandbox }, { app: Server }>({
  app: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.remove();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ app }, use) => use(app.baseURL),
  sandbox: [
    async ({ app }, use) => {
      await app.startAfresh();
      await use(new Sandbox(app.sandboxURL));
    },
    { auto: true },
  ],
  serverLog: [
    async ({ app }, use, testInfo) => {
      const before = app.log.length;
      await use();
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('server log', { body: app.log.slice(before), contentType: 'text/plain' });
      }
      expect(app.log.slice(before), 'the server never panics').not.toContain('panicked');
    },
    { auto: true },
  ],
});

export type Role = 'admin' | 'support' | 'viewer';

/** What the login page calls the button of each demo account. Change the names here, and only here. */
const enterButton: Record<Role, RegExp> = {
  admin: /^Enter as .* · admin$/i,
  support: /^Enter as .* · support$/i,
  viewer: /^Enter as .* · viewer$/i,
};

/** Logs in with one press, as the sandbox allows. */
export async function enterAs(page: Page, role: Role): Promise<void> {
  await page.goto('/login');
  await page.getByRole('button', { name: enterButton[role] }).click();
  await expect(page).not.toHaveURL(/\/login/);
}

/** No accessibility violation on the page as it stands, in light and in dark. */
export async function axe(page: Page): Promise<void> {
  const scripted = test.info().project.use.javaScriptEnabled !== false;
  const subject = scripted ? page : await scriptedTwin(page);
  for (const colorScheme of ['light', 'dark'] as const) {
    await subject.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const builder = new AxeBuilder({ page: subject });
    // The themes differ in their colours alone.
    if (colorScheme === 'dark') builder.withRules(['color-contrast']);
    const { violations } = await builder.analyze();
    const found = violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help} — ${node.html}`));
    expect(found, `accessibility violations in ${colorScheme}`).toEqual([]);
  }
  if (!scripted) await subject.context().close();
}

/** axe is a script: it never answers where scripts are off. So it gets the same HTML, where only its own script may run. */
async function scriptedTwin(page: Page): Promise<Page> {
  const url = page.url();
  const body = (await page.content()).replaceAll(/<(\/?)noscript\b/g, '<$1div');
  const storageState = await page.context().storageState();
  const context = await page.context().browser()!.newContext({ javaScriptEnabled: true, storageState, viewport: page.viewportSize() });
  const headers = { 'content-security-policy': "script-src 'none'" };
  await context.route(url, (route) => route.fulfill({ body, headers, contentType: 'text/html; charset=utf-8' }));
  const twin = await context.newPage();
  await twin.goto(url);
  return twin;
}

/** Fails when the browser reported an error: call it first, and the answer at the end of the test. */
export function watchConsole(page: Page): () => void {
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  return () => expect(errors, 'errors in the browser console').toEqual([]);
}
