/** The CRM's people ask the ERP on the real engine: by way of a worker, and with an old answer while the ERP is away. */
import { appendFile, cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { basic, call, docOf, listOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { createClient } from '../../src/cli/client.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';

const CONFIG = fileURLToPath(new URL('../../tallystick.views.yaml', import.meta.url));
let town: Town;

const recordsOf = async (control: string, record: string): Promise<readonly Doc[]> =>
  listOf(docOf(await call('GET', `${control}/control/state?record=${record}&limit=5000`)), 'records');
interface Linked {
  readonly id: string;
  readonly number: string;
}
const linked = async (record: string): Promise<readonly Linked[]> =>
  (await recordsOf(town.crm.control, record)).flatMap(({ id, erp_number: number }) =>
    typeof number === 'string' ? [{ id: String(id), number }] : [],
  );
const aLinked = async (): Promise<Linked> => (await linked('account'))[0] ?? { id: '', number: '' };
/** A product in both systems that the ERP sells in euros. */
const aSold = async (): Promise<Linked | undefined> => {
  const sold = (await recordsOf(town.erp.control, 'product')).filter(
    ({ status, currency, list_price: price }) => status === 'AC' && currency === 'EUR' && price !== null,
  );
  const numbers = new Set(sold.map(({ number }) => number));
  return (await linked('product')).find(({ number }) => numbers.has(number));
};
const askedFor = async (name: string, key: string, parts: Readonly<Record<string, string>> = {}): Promise<Doc> => {
  const io = {
    env: { TALLY_API_URL: town.group.urls['TALLY_API_URL'] ?? '' },
    fetch,
    signal: new AbortController().signal,
  };
  const client = createClient(io as never, town.world.home, 'steward');
  const { reply } = await client.call('GET /views/:name/:key', { params: { name, key }, query: parts });
  return reply as unknown as Doc;
};
const asked = (id: string): Promise<Doc> => askedFor('customer-finance', id);
beforeAll(async () => {
  town = await startTown({
    customers: 60,
    products: 20,
    seed: 12,
    mappings: ['customer', 'product'],
    configure: (folder) => cp(CONFIG, join(folder, 'tallystick.yaml')),
  });
  await town.world.quiet(WITHIN_MS);
});
afterAll(async () => town?.stop());

test('an account’s page shows what the ERP says now, and all who ask at once are told the same', async () => {
  const { id, number } = await aLinked();
  const partner = (await recordsOf(town.erp.control, 'partner')).find((one) => String(one['number']) === number);
  const answers = await Promise.all(Array.from({ length: 40 }, () => asked(id)));
  expect(answers[0]).toMatchObject({ id: number, fresh: true, source: 'erp/Partner' });
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]?.['record']).toMatchObject({ 'name in the ERP': partner?.['organization_name'] });
  const [row] = await town.query<{ answers: string; questions: string }>(
    `select (select count(*) from view_answer) as answers, (select count(*) from view_question) as questions`,
  );
  expect(row).toEqual({ answers: '1', questions: '0' });
});

test('the price for an account, what is promised of a product and the credit left are those that the ERP itself says', async () => {
  await eventually('a product is linked that the ERP sells', async () => (await aSold()) !== undefined);
  const [account, product] = [await aLinked(), (await aSold()) ?? { id: '', number: '' }];
  const headers = basic('people', 'people-secret');
  const own = async (what: string, question: Doc): Promise<Doc> => {
    const url = `${town.erp.url}/api/enquiries/${what}`;
    const [result] = listOf(docOf(await call('POST', url, { headers, body: { questions: [question] } })), 'results');
    expect(result).toMatchObject({ ok: true });
    return result?.['answer'] as Doc;
  };
  const terms = { quantity: '12', currency: 'EUR', day: '2999-11-29' };
  const price = await askedFor('price', product.id, { customer: account.id, ...terms });
  const { net } = await own('price', { product: product.number, partner: account.number, ...terms });
  expect(price).toMatchObject({ fresh: true, source: 'erp/NetPrice', record: { day: '2999-11-29', currency: 'EUR' } });
  expect(Number((price['record'] as Doc)['net'])).toBe(Number(net));
  const { promised_on: on } = await own('availability', { product: product.number, quantity: '12', day: '2999-11-29' });
  const available = await askedFor('availability', product.id, { quantity: '12', day: '2999-11-29' });
  expect(available).toMatchObject({ fresh: true, record: { promised: on } });
  const { used } = await own('credit', { partner: account.number });
  expect(Number(((await askedFor('credit', account.id))['record'] as Doc)['used'])).toBe(Number(used));
});

test('while the ERP is away an answer of before says that it is old, and afterwards it is asked again', async () => {
  const { id } = await aLinked();
  await asked(id);
  await town.erp.stop();
  await town.query(`update view_answer set as_of = as_of - interval '1 hour'`);
  await eventually('the answer says that it is an old one', async () => (await asked(id))['fresh'] === false);
  expect(await asked(id)).toMatchObject({ fresh: false, code: expect.any(String) });
  await town.erp.start();
  await eventually('the ERP answers again', async () => (await asked(id))['fresh'] === true);
});

test('with a new configuration a worker forgets what was kept for a view that is not in force any more', async () => {
  await town.query(
    `insert into view_answer (view, id, hash, as_of, body) values ('former', 'A', 'h', now() - interval '1 hour', '{}')`,
  );
  await appendFile(join(town.world.config, 'tallystick.yaml'), '# saved once more\n');
  await eventually('it is forgotten', async () => {
    const rows = await town.query(`select 1 from view_answer where view = 'former'`);
    return rows.length === 0;
  });
});
