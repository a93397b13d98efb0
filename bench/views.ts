/** Answers of a view from what is kept, to 300 who ask once a second, and to 300 who ask without a pause, side by side with a bare Hono route that gives the same bytes. */
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { keysFile } from '../src/server/first-keys.ts';
import type { Product } from './product.ts';

const CALLERS = 300;
// Below what one key may ask in a burst.
const EACH = 10;
const SECOND = 1_000;

/** Ms until the last byte of an answer, sorted. */
interface Asked {
  readonly ms: readonly number[];
  readonly body: string;
}

const answer = (url: string, agent: Agent, headers: Record<string, string>): Promise<string> =>
  new Promise((resolve, reject) => {
    get(url, { agent, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(parts).toString('utf8');
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`${url} answered ${response.statusCode}: ${body}`));
      });
    }).on('error', reject);
  });

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

/** Every caller asks so often, ms; with 0 again as soon as it is answered, which no system can be quick enough for. */
const asked = async (urls: readonly string[], every: number, headers: Record<string, string> = {}): Promise<Asked> => {
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  const ms: number[] = [];
  let body = '';
  const start = performance.now();
  const caller = async (_: unknown, i: number): Promise<void> => {
    for (let round = 0; round < EACH; round += 1) {
      await pause(start + (round + i / CALLERS) * every - performance.now());
      const began = performance.now();
      body = await answer(urls[(i + round) % urls.length] ?? '', agent, headers);
      ms.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  agent.destroy();
  return { ms: ms.toSorted((a, b) => a - b), body };
};

const bare = async (bytes: string): Promise<{ readonly paced: Asked; readonly full: Asked }> => {
  const child = fork(fileURLToPath(new URL('./bare-view.ts', import.meta.url)), [bytes]);
  try {
    const { url } = await new Promise<{ url: string }>((resolve, reject) => {
      child.once('message', (said) => resolve(said as { url: string }));
      child.once('error', reject);
    });
    return { paced: await asked([url], SECOND), full: await asked([url], 0) };
  } finally {
    child.disconnect();
  }
};

/** What a caller of the product's views is known by. */
const headersOf = (home: string): Record<string, string> => {
  const keys = JSON.parse(readFileSync(keysFile(home), 'utf8')) as Record<string, string>;
  return { authorization: `Bearer ${keys['steward']}` };
};

/** What the product answers of these addresses of views, so many at most; others it refuses. */
export const answered = async (
  { group, home }: Product,
  paths: readonly string[],
  most: number,
): Promise<readonly string[]> => {
  const agent = new Agent({ keepAlive: true });
  const found: string[] = [];
  for (const path of paths) {
    if (found.length >= most) break;
    const reply = answer(`${group.urls['TALLY_API_URL']}/views/${path}`, agent, headersOf(home));
    if ((await reply.catch(() => undefined)) !== undefined) found.push(path);
  }
  agent.destroy();
  return found;
};

/** The product's answers of these addresses of views (`customer-finance/A-000001`), each asked for before, and the bare route's, in ms, sorted: paced, and without a pause. */
export const viewAnswers = async (product: Product, paths: readonly string[]) => {
  const headers = headersOf(product.home);
  const urls = (await answered(product, paths, paths.length)).map(
    (path) => `${product.group.urls['TALLY_API_URL']}/views/${path}`,
  );
  if (urls.length < paths.length) throw new Error(`${paths.length - urls.length} views were refused`);
  const paced = await asked(urls, SECOND, headers);
  const full = await asked(urls, 0, headers);
  const least = await bare(full.body);
  return { own: paced.ms, full: full.ms, bare: least.paced.ms, bareFull: least.full.ms };
};
