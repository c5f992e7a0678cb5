import { createServer, type IncomingMessage, type Server as Listener } from 'node:http';
import { createHmac } from 'node:crypto';
import { type AddressInfo } from 'node:net';
import { type Page } from '@playwright/test';
import { axe, enterAs, expect, test, watchConsole } from '../support/app.ts';
import { configurations, connect, expectNoSidewaysScrolling } from '../support/journey.ts';
import { world } from '../support/sandbox.ts';

const forwarding = '/settings/forwarding';

interface Heard {
  headers: IncomingMessage['headers'];
  body: string;
}

/** A customer's endpoint: keeps what it hears and answers with `status`. */
class Endpoint {
  readonly heard: Heard[] = [];
  status = 200;
  readonly #listener: Listener;

  private constructor() {
    this.#listener = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        this.heard.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
        response.writeHead(this.status).end('said by the endpoint');
      });
    });
  }

  static async open(): Promise<Endpoint> {
    const endpoint = new Endpoint();
    await new Promise<void>((ready) => endpoint.#listener.listen(0, '127.0.0.1', ready));
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}/in`;
  }

  close(): void {
    this.#listener.closeAllConnections();
    this.#listener.close();
  }
}

/** As the Standard Webhooks specification says. */
function signature(secret: string, { headers, body }: Heard): string {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64')}`;
}

async function add(page: Page, url: string): Promise<string> {
  await page.goto(`${forwarding}/new`);
  await page.getByLabel('Name').fill('Booking system');
  await page.getByLabel('Address').fill(url);
  await page.getByRole('button', { name: 'Add forward' }).click();
  await expect(page.getByText('Copy it now: it is shown this once.')).toBeVisible();
  return page.locator('#made-secret').innerText();
}

const open = async (page: Page): Promise<void> => {
  await page.goto(forwarding);
  await page.getByRole('link', { name: 'Booking system' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Booking system');
};

test('an admin adds a forward, tests it, and a message arrives there, signed', async ({ page, sandbox }) => {
  const noErrors = watchConsole(page);
  const endpoint = await Endpoint.open();
  await enterAs(page, 'admin');
  await connect(page, sandbox);
  await page.goto(forwarding);
  await expect(page.getByRole('heading', { name: 'Nothing is sent on yet' })).toBeVisible();
  await expect(page.getByText('127.0.0.0/8')).toBeVisible();
  await page.getByRole('link', { name: 'Add a forward' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Add a forward');
  const secret = await add(page, endpoint.url);
  expect(secret).toMatch(/^whsec_[\w+/=]{44}$/);
  await page.getByRole('button', { name: 'Send a test' }).click();
  await expect(page.getByRole('row', { name: /Received 200.*Test/ })).toBeVisible();
  expect(await page.content()).not.toContain(secret);
  await sandbox.webhook({ number: world.sol.number, text: 'Do you have a table at eight?' });
  await expect.poll(() => endpoint.heard.length).toBe(2);
  const heard = endpoint.heard[1]!;
  expect(heard.headers['webhook-signature']).toBe(signature(secret, heard));
  expect(JSON.parse(heard.body)).toMatchObject({ kind: 'message.received', meta: { text: { body: 'Do you have a table at eight?' } } });
  await open(page);
  await expect(page.locator('[data-forward-state]')).toHaveText('Working');
  await expect(page.getByRole('row', { name: /Received 200.*Event \d+/ })).toBeVisible();
  await axe(page);
  await page.getByRole('link', { name: /^Event \d+$/ }).click();
  await expect(page.getByText('Do you have a table at eight?').first()).toBeVisible();
  endpoint.close();
  noErrors();
});

test('what is wrong is said under its field, and what was typed stays', async ({ page }) => {
  await enterAs(page, 'admin');
  await page.goto(forwarding);
  await axe(page);
  await page.goto(`${forwarding}/new`);
  await page.getByLabel('Name').fill('Booking system');
  await page.getByLabel('Address').fill('https://10.0.0.1/in');
  await page.getByLabel(/^Meta:/).check();
  await page.getByLabel('Message failed').check();
  await page.getByRole('button', { name: 'Add forward' }).click();
  await expect(page.locator('#url-error')).toContainText('private network');
  await expect(page.getByLabel('Address')).toHaveValue('https://10.0.0.1/in');
  await expect(page.getByLabel('Name')).toHaveValue('Booking system');
  await expect(page.getByLabel(/^Meta:/)).toBeChecked();
  await expect(page.getByLabel('Message failed')).toBeChecked();
  await axe(page);
});

test('a failing endpoint is told of; the forward is switched off, on, changed and removed', async ({ page }) => {
  const endpoint = await Endpoint.open();
  endpoint.status = 500;
  await enterAs(page, 'admin');
  await add(page, endpoint.url);
  await axe(page);
  await page.getByRole('button', { name: 'Send a test' }).click();
  const row = page.getByRole('row', { name: /Failed 500/ });
  await expect(row).toContainText('It failed on its own side.');
  await expect(row).toContainText('said by the endpoint');
  await page.getByRole('button', { name: 'Switch off' }).click();
  await expect(page.getByText('This forward is switched off.')).toBeVisible();
  await page.getByRole('button', { name: 'Switch on' }).click();
  await expect(page.locator('[data-forward-state]')).toHaveText('No event yet');
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByLabel('Name').fill('Front desk');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Front desk');
  await page.getByRole('button', { name: 'Make a new secret' }).click();
  await expect(page.getByRole('heading', { name: 'The new secret' })).toBeVisible();
  await expect(page.getByText(/^Signs too until/)).toBeVisible();
  await page.setViewportSize({ width: 320, height: 640 });
  await expectNoSidewaysScrolling(page);
  await page.getByRole('link', { name: 'Remove' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Remove “Front desk”?');
  await axe(page);
  await page.getByRole('button', { name: 'Remove forward' }).click();
  await expect(page).toHaveURL(forwarding);
  await expect(page.getByRole('heading', { name: 'Nothing is sent on yet' })).toBeVisible();
  endpoint.close();
});

test('others see no forwards; the recipes are for everybody', async ({ page }) => {
  await enterAs(page, 'support');
  await expect(page.getByRole('link', { name: 'Forwarding', exact: true })).toHaveCount(0);
  expect((await page.goto(forwarding))?.status()).toBe(403);
  await page.goto(configurations.replace('configurations', 'setup-guide'));
  await page.getByRole('link', { name: 'Forwarding recipes' }).click();
  for (const name of ['n8n', 'Chatwoot', 'Your own script: check the signature']) {
    await expect(page.getByRole('heading', { name, exact: true })).toBeVisible();
  }
  await axe(page);
  await page.setViewportSize({ width: 320, height: 640 });
  await expectNoSidewaysScrolling(page);
});
