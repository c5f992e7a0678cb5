import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Names of the world that the sandbox starts with; its README has them all. */
export const world = {
  /** One number, never registered, card on file: the simple happy path. */
  sol: { waba: '104000000000001', number: '106000000000001', display: '+1 631-555-0101' },
  /** Three numbers; Meta tells nothing of payment. */
  delivery: { waba: '104000000000002', number: '106000000000002', display: '+1 631-555-0102' },
  /** In the same account: has the PIN 246810. */
  withPin: { waba: '104000000000002', number: '106000000000003', display: '+1 631-555-0103', pin: '246810' },
  /** In the same account: its display name is being reviewed. */
  inReview: { waba: '104000000000002', number: '106000000000004', display: '+1 631-555-0104' },
  /** Not verified, no payment method, quality red; a second number is on the Business app. */
  lua: { waba: '104000000000003', number: '106000000000005', display: '+1 631-555-0105' },
  solBusiness: '230000000000001',
  luaBusiness: '230000000000002',
  app: '810000000000001',
  appSecret: '5eed5eed5eed5eed5eed5eed5eed5eed',
  /** An app of Studio Lua's own, with its secret and a token that reaches both of its numbers. */
  ownApp: {
    id: '810000000000002',
    secret: '0dd50dd50dd50dd50dd50dd50dd50dd5',
    token: `EAA${'SandboxTokenOfAnAppThatTheBusinessOwnsItself'.repeat(4)}000000000002`,
  },
  /** The code in every text message and call. */
  code: '123456',
} as const;

/** What the JSON API of the sandbox takes; a field it does not know is refused. */
export type Fault = {
  on: string;
  kind: 'graph_error' | 'http_500' | 'slow' | 'cut' | 'rate_limited';
  method?: string;
  code?: number;
  subcode?: number;
  message?: string;
  delayMs?: number;
  times?: number;
  performed?: boolean;
};

export type Call = { method: string; path: string; status: number | null };

/** Steers the sandbox of Meta as its control page does. */
export class Sandbox {
  constructor(private readonly url: string) {}

  async scenario(name: string, fields: Record<string, unknown> = {}): Promise<void> {
    await this.#send('POST', 'scenario', { name, ...fields });
  }

  async fault(fault: Fault): Promise<number> {
    return (await this.#send('POST', 'faults', fault)).id;
  }

  async remove(fault: number): Promise<void> {
    await this.#send('DELETE', `faults/${fault}`);
  }

  async clearFaults(): Promise<void> {
    await this.#send('DELETE', 'faults');
  }

  async switches(change: Record<string, unknown>): Promise<void> {
    await this.#send('POST', 'switches', change);
  }

  async advanceClock(seconds: number): Promise<void> {
    await this.#send('POST', 'clock', { advanceSeconds: seconds });
  }

  async addNumbers(waba: string, count: number, live = true): Promise<string[]> {
    return (await this.#send('POST', 'numbers', { waba, count, live })).ids;
  }

  async changeNumber(id: string, change: Record<string, unknown>): Promise<void> {
    await this.#send('POST', `numbers/${id}`, change);
  }

  /** The id of an account that was made in the dialog. */
  async wabaNamed(name: string): Promise<string> {
    const { wabas } = await this.#send('GET', 'world');
    const found = Object.values<any>(wabas).find((waba) => waba.name === name);
    if (!found) throw new Error(`The sandbox has no account "${name}".`);
    return found.id;
  }

  /** What the dialog would have ended with, without clicking through it. */
  async grant(wish: { redirectUri: string; wabas?: readonly string[]; business?: string }): Promise<string> {
    return (await this.#send('POST', 'grant', wish)).code;
  }

  /** A token as from the app dashboard. */
  async token(wish: { wabas?: readonly string[]; life?: string; scopes?: readonly string[]; app?: string; page?: boolean } = {}): Promise<string> {
    return (await this.#send('POST', 'tokens', wish)).token;
  }

  /** Every token that Meta knows. */
  async tokens(): Promise<any[]> {
    return (await this.#send('GET', 'tokens')).data;
  }

  /** Another system enters its address at Meta, and answers when Meta asks it. */
  async giveAppToAnother(fields = 'messages'): Promise<string> {
    const other = createServer((request, answer) => {
      answer.end(new URL(request.url!, 'http://other').searchParams.get('hub.challenge'));
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const callback = `http://127.0.0.1:${(other.address() as AddressInfo).port}/hook`;
    const body = new URLSearchParams({
      access_token: `${world.app}|${world.appSecret}`,
      object: 'whatsapp_business_account',
      callback_url: callback,
      verify_token: 'theirs',
      fields,
    });
    const answer = await fetch(`${this.url}/v25.0/${world.app}/subscriptions`, { method: 'POST', body });
    other.close();
    if (!answer.ok) throw new Error(await answer.text());
    return callback;
  }

  /** As if nobody had ever entered an address at Meta. */
  async takeAppAddressAway(): Promise<void> {
    const query = new URLSearchParams({ access_token: `${world.app}|${world.appSecret}`, object: 'whatsapp_business_account' });
    const answer = await fetch(`${this.url}/v25.0/${world.app}/subscriptions?${query}`, { method: 'DELETE' });
    if (!answer.ok) throw new Error(await answer.text());
  }

  /** Sends what Meta would send; a message from a customer where nothing else is said. */
  async webhook(wish: Record<string, unknown> = {}): Promise<void> {
    await this.#send('POST', 'webhooks', wish);
  }

  async calls(): Promise<Call[]> {
    return (await this.#send('GET', 'calls')).data;
  }

  async #send(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await fetch(`${this.url}/_sandbox/api/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`The sandbox refused ${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }
}
