/** Accounts of the CRM, handed over as files to a system that only reads files, by the real worker, ledger and engine. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, call, docOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';

const TALLYSTICK = (folder: string): string => `
connections:
  crm: { connector: sandbox-crm, url: env:SANDBOX_CRM_URL, settings: { client_id: tally, client_secret: tally-secret }, poll_ms: 200, settle_ms: 500 }
  files: { connector: sandbox-files, url: "folder:${folder}", poll_ms: 200, settle_ms: 500, call_ms: 5000 }
mappings: [customer]
`;

const MAPPING = `
mapping: customer
revision: 1
summary: The CRM's accounts are handed over as files.
between:
  crm: { connection: crm, record: Account }
  erp: { connection: files, record: Customer }
identity:
  match_on: [[name, postal code]]
  on_many: park
  on_none: { to_erp: create, to_crm: ignore }
  on_unidentified: create
fields:
  name: { crm: name, erp: name, flow: crm -> erp, as: text, required: true }
  phone: { crm: phone, erp: phone, flow: crm -> erp, as: phone }
  postal code: { crm: billing.postal_code, erp: postal_code, flow: crm -> erp, as: text }
  city: { crm: billing.city, erp: city, flow: crm -> erp, as: text }
  country: { crm: billing.country, erp: country, flow: crm -> erp, as: country }
feedback:
  crm: { state: sync_state, id: erp_number }
`;

let town: Town;
let place = '';
beforeAll(async () => {
  town = await startTown({
    customers: 0,
    seed: 45,
    configure: async (folder) => {
      place = join(folder, '..', 'customer-files');
      mkdirSync(place, { recursive: true });
      await writeFile(join(folder, 'tallystick.yaml'), TALLYSTICK(place));
      await rm(join(folder, 'mappings'), { recursive: true });
      mkdirSync(join(folder, 'mappings'));
      await writeFile(join(folder, 'mappings', 'customer.yaml'), MAPPING);
    },
  });
});
afterAll(() => town?.stop());

/** Somebody works in the CRM. */
const inCrm = async (method: 'POST' | 'PATCH', path: string, body: Doc): Promise<Doc> => {
  const headers = await bearer(town.crm.url, 'people', 'people-secret');
  const reply = await call(method, `${town.crm.url}/v1/accounts${path}`, { headers, body });
  expect(reply.status).toBeLessThan(300);
  return docOf(reply);
};

/** All rows of all files there ever were: operation, name, city. Nobody takes them away here. */
const rows = (): readonly string[] => {
  try {
    return readdirSync(join(place, 'out'))
      .sort()
      .flatMap((name) => {
        const [, ...lines] = readFileSync(join(place, 'out', name), 'latin1')
          .trimEnd()
          .split('\r\n');
        return lines.map((line) => line.split(';')).map((cells) => [cells[1], cells[3], cells[9]].join(' '));
      });
  } catch {
    return [];
  }
};

const account = (name: string, city: string): Doc => ({
  name,
  kind: 'Customer',
  billing: { city, postal_code: '89073', country: 'DE' },
});

let made: Doc = {};
test('an account made in the CRM is handed over as a row, and the CRM shows its number', async () => {
  made = await inCrm('POST', '', account('Müller GmbH', 'Köln'));
  await eventually('the row is there', async () => rows().length === 1);
  expect(rows()).toEqual(['new Müller GmbH Köln']);
  await town.world.quiet(WITHIN_MS);
  const [seen] = docOf(await call('GET', `${town.crm.control}/control/state?record=account&limit=10`))[
    'records'
  ] as readonly Doc[];
  expect(seen?.['sync_state']).toBe('in agreement');
  expect(seen?.['erp_number']).not.toBeNull();
});

test('a change is handed over once, as the whole row, in a file of its own', async () => {
  await inCrm('PATCH', `/${String(made['id'])}`, { billing: { city: 'Bonn' } });
  await eventually('the change is there', async () => rows().length === 2);
  expect(rows()[1]).toBe('change Müller GmbH Bonn');
  await town.world.quiet(WITHIN_MS);
  expect(readdirSync(join(place, 'out'))).toHaveLength(2);
});

test('over kills of the worker every account is handed over, and none twice', async () => {
  const count = 400;
  const names = Array.from({ length: count }, (_, index) => `Kill ${index}`);
  const making = (async () => {
    for (const name of names) await inCrm('POST', '', account(name, 'Trier'));
  })();
  for (const least of [20, 150, 300]) {
    await eventually(`${least} are handed over`, async () => rows().length > least);
    town.group.kill('worker', 'SIGKILL');
  }
  await making;
  await eventually('all are handed over', async () => rows().length >= count + 2);
  await town.world.quiet(WITHIN_MS);
  const fresh = rows().filter((row) => row.startsWith('new Kill'));
  expect(new Set(fresh).size).toBe(count);
  expect(fresh).toHaveLength(count);
  expect(await town.world.parked()).toEqual([]);
});
