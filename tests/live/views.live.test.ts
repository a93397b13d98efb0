/** The CRM's people ask the ERP on the real engine: by way of a worker, and with an old answer while the ERP is away. */
import { appendFile, cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, docOf, listOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { createClient } from '../../src/cli/client.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';

const CONFIG = fileURLToPath(new URL('../../tallystick.views.yaml', import.meta.url));
let town: Town;

const recordsOf = async (control: string, record: string): Promise<readonly Doc[]> =>
  listOf(docOf(await call('GET', `${control}/control/state?record=${record}&limit=5000`)), 'records');
const aLinked = async (): Promise<{ readonly id: string; readonly number: string }> => {
  const account = (await recordsOf(town.crm.control, 'account')).find(({ erp_number: no }) => typeof no === 'string');
  return { id: String(account?.['id']), number: String(account?.['erp_number']) };
};
const asked = async (id: string): Promise<Doc> => {
  const io = {
    env: { TALLY_API_URL: town.group.urls['TALLY_API_URL'] ?? '' },
    fetch,
    signal: new AbortController().signal,
  };
  const client = createClient(io as never, town.world.home, 'steward');
  const { reply } = await client.call('GET /views/:name/:key', { params: { name: 'customer-finance', key: id } });
  return reply as unknown as Doc;
};
beforeAll(async () => {
  town = await startTown({
    customers: 60,
    seed: 12,
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
