/** Accounts handed over as files to a system that answers with files of its own, some time later. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, call, docOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';

const TALLYSTICK = (folder: string): string => `
connections:
  crm: { connector: sandbox-crm, url: env:SANDBOX_CRM_URL, settings: { client_id: tally, client_secret: tally-secret }, poll_ms: 200, settle_ms: 500 }
  files: { connector: ./answering, url: "folder:${folder}", poll_ms: 200, settle_ms: 200, call_ms: 3000 }
mappings: [customer]
`;

const CONNECTOR = `
engine: files
system: An ERP that answers
records:
  Customer:
    format: { kind: json_lines }
    columns: { number: { from: no }, reference: { from: ref }, operation: { from: op }, name: {}, city: {} }
    id: number
    out:
      name: customers-{no}.jsonl
      key: reference
      operation: { column: operation }
      acknowledged:
        files: ["answer-*.csv"]
        format: { kind: csv, delimiter: ";" }
        ready: { by: rename }
        key: { from: Ref }
        status: { from: Status }
        done: [OK]
        id: { from: No }
        code: { from: Code }
        message: { from: Text }
        wait_ms: 300
`;

const MAPPING = `
mapping: customer
revision: 1
summary: Accounts are handed over and answered.
between:
  crm: { connection: crm, record: Account }
  erp: { connection: files, record: Customer }
identity:
  match_on: [[name]]
  on_many: park
  on_none: { to_erp: create, to_crm: ignore }
fields:
  name: { crm: name, erp: name, flow: crm -> erp, as: text, required: true }
  city: { crm: billing.city, erp: city, flow: crm -> erp, as: text }
feedback:
  crm: { state: sync_state, id: erp_number, reason: sync_message }
`;

let town: Town;
let place = '';
beforeAll(async () => {
  town = await startTown({
    customers: 0,
    seed: 46,
    configure: async (folder) => {
      place = join(folder, '..', 'answering-files');
      mkdirSync(join(place, 'ack'), { recursive: true });
      mkdirSync(join(folder, 'answering'));
      await writeFile(join(folder, 'answering', 'connector.yaml'), CONNECTOR);
      await writeFile(join(folder, 'tallystick.yaml'), TALLYSTICK(place));
      await rm(join(folder, 'mappings'), { recursive: true });
      mkdirSync(join(folder, 'mappings'));
      await writeFile(join(folder, 'mappings', 'customer.yaml'), MAPPING);
    },
  });
});
afterAll(() => town?.stop());

const inCrm = async (method: 'POST' | 'PATCH', path: string, body: Doc): Promise<Doc> => {
  const headers = await bearer(town.crm.url, 'people', 'people-secret');
  const reply = await call(method, `${town.crm.url}/v1/accounts${path}`, { headers, body });
  expect(reply.status).toBeLessThan(300);
  return docOf(reply);
};

const accountOf = async (name: string): Promise<Doc> => {
  const reply = await call('GET', `${town.crm.control}/control/state?record=account&limit=100`);
  const found = (docOf(reply)['records'] as readonly Doc[]).find((each) => each['name'] === name);
  if (found === undefined) throw new Error(`there is no account ${name}`);
  return found;
};

interface Row {
  readonly ref: string;
  readonly op: string;
  readonly no?: string;
  readonly name: string;
  readonly city: string;
}

/** Every row that was ever handed over. */
const rows = (): readonly Row[] => {
  try {
    return readdirSync(join(place, 'out'))
      .sort()
      .flatMap((name) =>
        readFileSync(join(place, 'out', name), 'utf8')
          .trimEnd()
          .split('\n'),
      )
      .map((line) => JSON.parse(line) as Row);
  } catch {
    return [];
  }
};

let answers = 0;
const answer = (...lines: readonly string[]): void => {
  answers += 1;
  writeFileSync(join(place, 'answer.part'), ['Ref;Status;No;Code;Text', ...lines, ''].join('\n'));
  renameSync(join(place, 'answer.part'), join(place, 'ack', `answer-${answers}.csv`));
};

test('a record is in doubt, and handed over once, until the system says that it has it', async () => {
  await inCrm('POST', '', { name: 'Acme', kind: 'Customer', billing: { city: 'Ulm' } });
  await eventually('the row is handed over', async () => rows().length === 1);
  await eventually('it is in doubt', async () => (await town.world.status()).doubt === 1);
  // Asked about again later it is still one row.
  const asked = async (): Promise<string> =>
    (await town.query<{ until: string }>(`select doubt_until::text as until from intent where state = 'doubt'`))[0]
      ?.until ?? '';
  const first = await asked();
  await eventually('it was asked about again', async () => (await asked()) > first);
  expect(rows()).toHaveLength(1);
  answer(`${rows()[0]?.ref};OK;4711;;`);
  await eventually('the CRM shows the number', async () => (await accountOf('Acme'))['erp_number'] === '4711');
  await town.world.quiet(WITHIN_MS);
  expect(rows()).toHaveLength(1);
});

test('what the system refused is parked with its code and sentence, and goes again when it was corrected', async () => {
  const { id } = await inCrm('POST', '', { name: 'Bad', kind: 'Customer', billing: { city: 'Nowhere' } });
  await eventually('the row is handed over', async () => rows().length === 2);
  answer(`${rows()[1]?.ref};ERR;;E42;Nowhere is no city`);
  await eventually('it is parked', async () => (await town.world.parked('TARGET_REFUSED')).length === 1);
  expect(JSON.stringify(await town.world.parked())).toContain('Nowhere is no city');
  expect(rows()).toHaveLength(2);
  await inCrm('PATCH', `/${String(id)}`, { billing: { city: 'Kiel' } });
  await eventually('it is handed over again', async () => rows().length === 3);
  answer(`${rows()[2]?.ref};OK;4712;;`);
  await eventually('the CRM shows the number', async () => (await accountOf('Bad'))['erp_number'] === '4712');
  await town.world.quiet(WITHIN_MS);
  expect(await town.world.parked()).toEqual([]);
});

test('a change is handed over under the id that the system gave', async () => {
  await inCrm('PATCH', `/${String((await accountOf('Acme'))['id'])}`, { billing: { city: 'Bonn' } });
  await eventually('the row is handed over', async () => rows().length === 4);
  expect(rows()[3]).toMatchObject({ op: 'update', no: '4711', name: 'Acme', city: 'Bonn' });
  answer(`${rows()[3]?.ref};OK;4711;;`);
  await town.world.quiet(WITHIN_MS);
  expect(rows()).toHaveLength(4);
});
