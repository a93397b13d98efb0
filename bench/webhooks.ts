/** How long a change takes from the CRM's commit to the ERP's when webhooks alone tell of it: the CRM's feed is not asked meanwhile. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Product } from './product.ts';
import { quiet } from './product.ts';
import { type Commit, countsOf, ledgerOf, loginOf, postJson, type Request } from './systems.ts';

const SECRET = `whsec_${Buffer.from('tallystick-sandbox-webhooks').toString('base64')}`;
const PER_SECOND = 20;
const NEVER_MS = 3_600_000;
const LIMIT_MS = 60_000;
// Longer than the poll that is in force until then, and than the look for a saved configuration.
const STILL_MS = 5_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Told extends Commit {
  readonly after: { readonly billing?: { readonly street?: string }; readonly addresses?: readonly Address[] };
}
interface Address {
  readonly use?: string;
  readonly street?: string;
}

/** The CRM's feed is asked hardly ever from now on, and webhooks are sent. */
const byWebhooks = async ({ home, group, systems }: Product): Promise<void> => {
  const file = join(home, 'config', 'tallystick.yaml');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/poll_ms: \d+/, `poll_ms: ${NEVER_MS}`));
  const url = `${group.urls['TALLY_API_URL']}/hooks/crm`;
  await postJson(`${systems.crm.url}/v1/webhooks`, { url, secret: SECRET }, await loginOf(systems.crm, 'people'));
  const asked = async (): Promise<number> =>
    (await ledgerOf<Request>(systems.crm, 'requests')).filter(({ actor }) => actor === 'tally').length;
  const end = performance.now() + LIMIT_MS;
  for (let before = await asked(); performance.now() < end; ) {
    await pause(STILL_MS);
    const now = await asked();
    if (now === before) return;
    before = now;
  }
  throw new Error('the CRM’s feed is still asked');
};

/** Changes at a steady rate; ms from each commit of the CRM to that of the ERP, sorted. */
export const webhookEdits = async (product: Product, ids: readonly string[]): Promise<readonly number[]> => {
  const { crm, erp } = product.systems;
  await byWebhooks(product);
  const login = await loginOf(crm, 'people');
  const [fromCrm, fromErp] = [(await countsOf(crm)).last_commit, (await countsOf(erp)).last_commit];
  const began = performance.now();
  const sent = ids.map(async (id, i) => {
    await pause(Math.max(0, began + (i * 1_000) / PER_SECOND - performance.now()));
    const item = { key: id, id, fields: { billing: { street: `Hook ${i}` } } };
    await postJson(`${crm.url}/v1/accounts/batch/upsert`, { items: [item] }, login);
  });
  await Promise.all(sent);
  for (const end = performance.now() + LIMIT_MS; performance.now() < end; await pause(200))
    if ((await countsOf(erp)).last_commit - fromErp >= ids.length) break;
  const causes = new Map(
    (await ledgerOf<Told>(crm, 'commits', fromCrm)).map((each) => [each.after.billing?.street, each]),
  );
  const took = (await ledgerOf<Told>(erp, 'commits', fromErp)).flatMap(({ at, after }) => {
    const cause = causes.get(after.addresses?.find(({ use }) => use === 'bill-to')?.street);
    return cause === undefined ? [] : [Date.parse(at) - Date.parse(cause.at)];
  });
  if (took.length !== ids.length) throw new Error(`${took.length} of ${ids.length} changes arrived`);
  await quiet(product);
  return took.toSorted((a, b) => a - b);
};
