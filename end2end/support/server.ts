import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const binary = process.env.GREENTICK_BINARY ?? path.resolve(import.meta.dirname, '../../target/debug/greentick');
const startLimit = 30_000;
const stopLimit = 5_000;

/** The real program, on a sandbox of Meta, with a folder and two ports of its own. */
export class Server {
  /** The app, as a browser reaches it. */
  readonly baseURL: string;
  /** The sandbox's control page and API, as tests reach them. */
  readonly sandboxURL: string;
  /** The sandbox's dialog, as a browser reaches it: another site than the app, as Meta is. */
  readonly dialogURL: string;
  /** Everything the program has said on stderr. */
  log = '';

  #process?: ChildProcess;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly sandboxPort: number,
  ) {
    this.baseURL = `http://127.0.0.1:${port}`;
    this.sandboxURL = `http://127.0.0.1:${sandboxPort}`;
    this.dialogURL = `http://localhost:${sandboxPort}`;
  }

  static async start(): Promise<Server> {
    if (!existsSync(binary)) throw new Error(`${binary} is missing: \`make e2e\` builds it.`);
    const folder = await mkdtemp(path.join(tmpdir(), 'greentick-end2end-'));
    const [port, sandboxPort] = await freePorts();
    const server = new Server(folder, port, sandboxPort);
    try {
      await server.#launch();
    } catch (problem) {
      await server.remove();
      throw problem;
    }
    return server;
  }

  get dataDir(): string {
    return path.join(this.folder, 'data');
  }

  /** Stops politely and starts again on the same data. */
  async restart(): Promise<void> {
    await this.#end('SIGTERM');
    await this.#launch();
  }

  /** Ends without a chance to tidy up. `restart()` starts again. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Starts again as on the first day: no data, and a new world in the sandbox. */
  async startAfresh(): Promise<void> {
    await this.#end('SIGKILL');
    await rm(this.dataDir, { recursive: true, force: true });
    await this.#launch();
  }

  /** Backs everything up, puts the backup in its own place, and starts again. */
  async restoreFromBackup(): Promise<void> {
    const file = path.join(this.folder, 'backup.greentick.gz');
    this.#run('backup', '--sandbox', file);
    await this.#end('SIGTERM');
    this.#run('restore', '--sandbox', '--replace', file);
    await this.#launch();
  }

  async remove(): Promise<void> {
    await this.#end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  async #launch(): Promise<void> {
    await mkdir(this.dataDir, { recursive: true });
    const child = spawn(binary, ['serve', '--sandbox'], {
      // Away from the project, where a `.env` might lie.
      cwd: this.folder,
      env: this.#settings(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    child.once('error', (error) => (this.log += `${error}\n`));
    const endWithUs = () => child.kill('SIGKILL');
    process.once('exit', endWithUs);
    child.once('exit', () => process.off('exit', endWithUs));
    await this.#ready(child);
  }

  #settings(): NodeJS.ProcessEnv {
    return {
      ...foreignVariables(),
      GREENTICK_ADDR: `127.0.0.1:${this.port}`,
      GREENTICK_SANDBOX_ADDR: `127.0.0.1:${this.sandboxPort}`,
      GREENTICK_DATA_DIR: this.dataDir,
    };
  }

  /** A command on the same data. */
  #run(...words: string[]): void {
    execFileSync(binary, words, { cwd: this.folder, env: this.#settings(), stdio: 'pipe' });
  }

  async #ready(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + startLimit;
    while (Date.now() < deadline) {
      if (child.pid === undefined || hasEnded(child)) {
        throw new Error(`greentick stopped while starting (${child.exitCode ?? child.signalCode}):\n${this.log}`);
      }
      const answer = await fetch(`${this.baseURL}/readyz`).catch(() => undefined);
      if (answer?.status === 200) return;
      await pause(20);
    }
    throw new Error(`greentick was not ready after ${startLimit / 1000} seconds:\n${this.log}`);
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#process;
    if (!child || child.pid === undefined || hasEnded(child)) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    const patience = setTimeout(() => child.kill('SIGKILL'), stopLimit);
    await ended;
    clearTimeout(patience);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The environment without what would change the program under test. */
function foreignVariables(): NodeJS.ProcessEnv {
  const ours = /^(GREENTICK_|WHATSAPP_|META_|DATABASE_URL$|REDIS_URL$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

/** Two ports, held together so that they differ. */
async function freePorts(): Promise<[number, number]> {
  const hold = () =>
    new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
      const server = createServer().once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(server));
    });
  const held = await Promise.all([hold(), hold()]);
  const ports = held.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(held.map((server) => new Promise((done) => server.close(done))));
  return ports as [number, number];
}
