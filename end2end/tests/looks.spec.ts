import { type Page } from '@playwright/test';
import { axe, enterAs, expect, test, watchConsole } from '../support/app.ts';
import { awake, connect, expectNoSidewaysScrolling } from '../support/journey.ts';
import { world } from '../support/sandbox.ts';
import { errorPages, states } from '../support/states.ts';

/** What can be pressed is large enough to be pressed; links within a sentence are as high as their line. */
async function expectLargeTargets(page: Page): Promise<void> {
  const small = await page.evaluate(() => {
    const pressed = document.querySelectorAll<HTMLElement>('a[href], button, input:not([type=hidden]), summary, [role=button]');
    return [...pressed].flatMap((element) => {
      const label = element.matches('[type=radio], [type=checkbox]') && (element as HTMLInputElement).labels?.[0];
      const { width, height } = (label || element).getBoundingClientRect();
      const inSentence = element.matches('p a, li a, dd a') && getComputedStyle(element).display === 'inline';
      const shown = element.checkVisibility({ visibilityProperty: true }) && width > 1 && !element.matches('.skip');
      return shown && !inSentence && (width < 24 || height < 24) ? [`${width}×${height} ${element.outerHTML.slice(0, 120)}`] : [];
    });
  });
  expect(small, 'too small to be pressed').toEqual([]);
}

async function expectSound(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expect(page).toHaveTitle(/.+ · Greentick$/);
  await axe(page);
  await expectLargeTargets(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await axe(page);
  await expectLargeTargets(page);
  // A window of 1280 px at 400 percent.
  await page.setViewportSize({ width: 320, height: 256 });
  await expectNoSidewaysScrolling(page);
}

// The same HTML in both projects, so it is looked at in one.
for (const [name, reach] of Object.entries(states)) {
  test(`sound in both themes and at each width: ${name} @wasm`, async ({ page, sandbox }) => {
    const noErrors = watchConsole(page);
    await reach(page, sandbox);
    await awake(page);
    await expectSound(page);
    noErrors();
  });
}

for (const [name, reach] of Object.entries(errorPages)) {
  test(`sound in both themes and at each width: ${name} @wasm`, async ({ page }) => {
    const thrown: Error[] = [];
    page.on('pageerror', (error) => thrown.push(error));
    await reach(page);
    await expectSound(page);
    expect(thrown).toEqual([]);
  });
}

test('every address that a page names is there', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  const inside = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLLinkElement | HTMLAnchorElement | HTMLScriptElement>('link[href], a[href], script[src]')]
      .map((element) => ('src' in element ? element.src : element.href))
      .filter((address) => address.startsWith(location.origin) && !address.includes('/connect/')),
  );
  expect(inside.length).toBeGreaterThan(5);
  for (const address of new Set(inside)) expect((await page.request.get(address)).status(), address).toBe(200);
});

test('without its style the page reads from top to bottom', async ({ page, sandbox }) => {
  await enterAs(page, 'admin');
  await page.route('**/*.css', (route) => route.abort());
  await connect(page, sandbox);
  const headings = await page.locator('main').getByRole('heading').allInnerTexts();
  expect(headings.map((text) => text.trim())).toEqual([
    world.sol.display,
    'Receiving',
    'Replying',
    'Starting chats',
    'Payment at Meta',
    'What Meta says about your business',
    'IDs for developers',
    'Technical details',
    'Copy support bundle',
  ]);
  // Without the style the words of a button at work are seen too, hence the beginnings.
  await expect(page.locator('main')).toMatchAriaSnapshot(`
    - main:
      - navigation "Breadcrumb"
      - heading "${world.sol.display}" [level=1]
      - text: Connected
      - paragraph: Padaria Sol
      - paragraph
      - button /^Check now/
      - button /^Refresh token/
      - button /^Disconnect/
      - region "What works":
        - list:
          - listitem:
            - heading "Receiving" [level=2]
          - listitem:
            - heading "Replying" [level=2]
          - listitem:
            - heading "Starting chats" [level=2]
          - listitem:
            - heading "Payment at Meta" [level=2]
      - region "What Meta says about your business":
        - heading "What Meta says about your business" [level=2]
      - region "IDs for developers":
        - heading "IDs for developers" [level=2]
  `);
});

test('who wants less motion gets none, and forced colours keep what matters', async ({ page, sandbox }) => {
  await page.emulateMedia({ reducedMotion: 'reduce', forcedColors: 'active' });
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  const moving = await page.evaluate(() =>
    [...document.querySelectorAll('*')].filter((element) => {
      const { transitionDuration, animationDuration, animationName } = getComputedStyle(element);
      const lasts = (text: string) => text.split(',').some((part) => Number.parseFloat(part) > 0.011);
      return lasts(transitionDuration) || (animationName !== 'none' && lasts(animationDuration));
    }).length,
  );
  expect(moving).toBe(0);
  await expect(page.locator('main [data-badge]').first()).toHaveText('Connected');
});
