/** Partners in files and accounts in the CRM, kept in agreement by the real worker, ledger and engine. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, call, docOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import type { ParkedItem } from '../../src/cli/demo/world.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';

const HEAD =
  'Partner;Name;Group;Tax number;Phone;E-mail;Street;Postcode;City;Country;Credit limit;Customer since;Blocked\r\n';

const TALLYSTICK = (folder: string, warehouse: string): string => `
connections:
  crm: { connector: sandbox-crm, url: env:SANDBOX_CRM_URL, settings: { client_id: tally, client_secret: tally-secret }, poll_ms: 200, settle_ms: 500 }
  partners: { connector: sandbox-files, url: "folder:${folder}", poll_ms: 200, settle_ms: 500 }
  warehouse: { connector: sandbox-warehouse, url: "folder:${warehouse}", poll_ms: 200, settle_ms: 500 }
mappings: [customer, customer-score]
`;

const MAPPING = `
mapping: customer
revision: 1
summary: The ERP's partner files are carried into the CRM.
feed: true
between:
  crm: { connection: crm, record: Account }
  erp: { connection: partners, record: Partner }
identity:
  match_on: [[number], [tax id]]
  on_many: park
  on_none: { to_crm: create, to_erp: ignore }
  on_delete: { to_crm: report }
fields:
  number: { crm: note, erp: number, flow: crm <- erp, as: text, required: true }
  name: { crm: name, erp: name, flow: crm <- erp, as: text, required: true }
  tax id: { crm: vat_number, erp: tax_number, flow: crm <- erp, as: tax id }
  phone: { crm: phone, erp: phone, flow: crm <- erp, as: phone }
  city: { crm: billing.city, erp: city, flow: crm <- erp, as: text }
  country: { crm: billing.country, erp: country, flow: crm <- erp, as: country }
  credit limit: { crm: credit_limit, erp: credit_limit, flow: crm <- erp, as: decimal }
  on hold: { crm: on_hold, erp: blocked, flow: crm <- erp, as: flag }
constants:
  - { crm: kind, value: Customer, create_only: true }
`;

let town: Town;
let place = '';
let warehouse = '';
beforeAll(async () => {
  town = await startTown({
    customers: 0,
    seed: 44,
    configure: async (folder) => {
      place = join(folder, '..', 'partner-files');
      warehouse = join(folder, '..', 'warehouse');
      for (const each of [place, warehouse]) mkdirSync(join(each, 'in'), { recursive: true });
      await writeFile(join(folder, 'tallystick.yaml'), TALLYSTICK(place, warehouse));
      const score = readFileSync(join(folder, 'mappings', 'customer-score.yaml'));
      await rm(join(folder, 'mappings'), { recursive: true });
      mkdirSync(join(folder, 'mappings'));
      await writeFile(join(folder, 'mappings', 'customer-score.yaml'), score);
      await writeFile(join(folder, 'mappings', 'customer.yaml'), MAPPING);
    },
  });
});
afterAll(() => town?.stop());

/** Appears whole, as windows-1252, as the ERP writes it. */
const drop = (name: string, rows: readonly string[]): void => {
  writeFileSync(join(place, 'new.part'), Buffer.from(HEAD + rows.map((row) => `${row}\r\n`).join(''), 'latin1'));
  renameSync(join(place, 'new.part'), join(place, 'in', name));
};

const accounts = async (): Promise<readonly Doc[]> =>
  docOf(await call('GET', `${town.crm.control}/control/state?record=account&limit=5000`))['records'] as readonly Doc[];

/** Number, name and city of every account that came from a file. */
const carried = async (): Promise<readonly string[]> =>
  (await accounts())
    .map(({ note, name, billing }) => `${String(note)} ${String(name)} ${String((billing as Doc)['city'])}`)
    .sort();

const archived = (): readonly string[] => {
  try {
    return readdirSync(join(place, 'archive')).sort();
  } catch {
    return [];
  }
};

test('a file of partners becomes accounts in the CRM, exactly once each, and goes to the archive', async () => {
  drop('partners_1.csv', [
    '0100;Müller GmbH;Z001;DE123456789;;;Weg 1;89073;Köln;DE;1.234.567,50;01.02.2003;-',
    '0101;Søn & Far A/S;Z001;;;;;;Århus;DK;;;X',
  ]);
  await eventually('both accounts are there', async () => (await accounts()).length === 2);
  await town.world.quiet(WITHIN_MS);
  expect(await carried()).toEqual(['0100 Müller GmbH Köln', '0101 Søn & Far A/S Århus']);
  expect(String((await accounts()).find(({ note }) => note === '0100')?.['credit_limit'])).toBe('1234567.5');
  await eventually('the file is archived', async () => archived().length === 1);
});

test('a row that cannot be read is parked with its row and column; the others go on', async () => {
  drop('changes_1.csv', [
    '0100;Müller & Söhne;Z001;DE123456789;;;Weg 1;89073;Bonn;DE;1,00;01.02.2003;-',
    '0102;Third;Z001;;;;;;Ulm;DE;one hundred;;-',
    '0103;Fourth;Z001;;;;;;Kiel;DE;;;-',
  ]);
  await eventually('the others are there', async () => (await carried()).includes('0103 Fourth Kiel'));
  await eventually('the changed one is changed', async () => (await carried()).includes('0100 Müller & Söhne Bonn'));
  const [parked] = await town.world.parked('UNDECODABLE');
  expect(parked).toMatchObject({ code: 'UNDECODABLE' });
  expect(JSON.stringify(parked)).toContain('changes_1.csv: row 3, column \\"Credit limit\\": is not a number');
  expect(await accounts()).toHaveLength(3);
  const result = (): string => {
    const folder = archived().find((name) => name.includes('0000000002')) ?? 'none';
    return readFileSync(join(place, 'archive', folder, 'changes_1.csv.result.csv'), 'utf8');
  };
  await eventually('the result stands beside it', async () => archived().length === 2);
  expect(result()).toContain('3,0102,refused,Credit limit,validation,BAD_VALUE,is not a number');

  drop('changes_2.csv', ['0102;Third;Z001;;;;;;Ulm;DE;100;;-']);
  await eventually('the corrected row is there', async () => (await carried()).includes('0102 Third Ulm'));
  await eventually('nothing is parked', async () => (await town.world.parked()).length === 0);
});

test('who is missing in the next full file is looked into and reported, not deleted', async () => {
  drop('partners_2.csv', [
    '0100;Müller & Söhne;Z001;DE123456789;;;Weg 1;89073;Bonn;DE;1,00;01.02.2003;-',
    '0102;Third;Z001;;;;;;Ulm;DE;100;;-',
    '0103;Fourth & Co;Z001;;;;;;Kiel;DE;;;-',
  ]);
  await eventually('the change is there', async () => (await carried()).includes('0103 Fourth & Co Kiel'));
  await town.world.quiet(WITHIN_MS);
  await eventually(
    'the missing partner is known to be gone',
    async () =>
      (await town.query<{ state: string }>(`select state from record where id = '0101'`))[0]?.state === 'gone',
  );
  expect(await accounts()).toHaveLength(4);
});

test('a file that cannot be used is parked under its name, changes nothing, and is forgotten once a good one came', async () => {
  drop('partners_3.csv', ['0100;"Müller;Z001;;;;;;Bonn;DE;;;-']);
  await eventually('it is parked', async () => (await town.world.parked('UNDECODABLE')).length === 1);
  expect(JSON.stringify(await town.world.parked())).toContain(
    'partners_3.csv: row 2: a quote is opened and never closed, so nothing behind it can be told apart',
  );
  await town.world.quiet(WITHIN_MS);
  expect(await accounts()).toHaveLength(4);
  drop('partners_4.csv', [
    '0100;Müller & Söhne;Z001;DE123456789;;;Weg 1;89073;Bonn;DE;1,00;01.02.2003;-',
    '0102;Third;Z001;;;;;;Ulm;DE;100;;-',
    '0103;Fourth & Co;Z001;;;;;;Kiel;DE;;;-',
  ]);
  await eventually('nothing is parked', async () => (await town.world.parked()).length === 0);
});

type Told = { readonly changes: readonly { readonly crm: string; readonly values: Doc | null }[] };

const scoresParked = async (): Promise<readonly ParkedItem[]> =>
  (await town.world.parked()).filter(({ mapping }) => mapping === 'customer-score');

/** The warehouse works through the feed and gives back what it thinks of each account, under another name first. */
const score = async (name: string, strangers: readonly string[] = []): Promise<void> => {
  const { changes } = await town.world.call<Told>('GET /feed', { query: { limit: 1000 } }, 'steward');
  const newest = new Map(changes.map(({ crm, values }) => [crm, values] as const));
  const rows = [...newest].flatMap(([id, values]) =>
    values === null ? [] : [`${id},in ${values['country'] ?? 'none'},0.81,2026-03-01`],
  );
  writeFileSync(
    join(warehouse, 'new'),
    ['crm_id,segment,churn_score,scored_on', ...rows, ...strangers, ''].join('\r\n'),
  );
  renameSync(join(warehouse, 'new'), join(warehouse, 'in', name));
};

const scored = async (): Promise<readonly string[]> =>
  (await accounts()).map(({ note, segment, churn_score: churn }) => `${note} ${segment} ${churn}`).sort();

test('what a warehouse works out of the feed stands in the CRM, is put back when typed over, and a score of nobody is told', async () => {
  await score('scores_1.csv', ['A-999999,loyal,0.07,2026-03-01']);
  const all = ['0100 in DE 0.81', '0101 null null', '0102 in DE 0.81', '0103 in DE 0.81'];
  await eventually('all are scored', async () => (await scored()).join() === all.join());
  await eventually('the score of nobody is told', async () => (await scoresParked()).length === 1);
  expect(await scoresParked()).toMatchObject([{ code: 'NO_IDENTITY' }]);
  // Not just any: the one whose partner is gone has no score that could be put back.
  const first = (await accounts()).find(({ note }) => note === '0100');
  const headers = await bearer(town.crm.url, 'people', 'people-secret');
  await call('PATCH', `${town.crm.url}/v1/accounts/${first?.['id']}`, { headers, body: { segment: 'Big spender' } });
  await eventually('the segment is put back', async () => (await scored()).join() === all.join());

  await score('scores_2.csv');
  await eventually('the score of nobody is forgotten', async () => (await scoresParked()).length === 0);
  expect(await scored()).toEqual(all);
});

test('a kill of the worker in the middle of a file costs nothing and doubles nothing', async () => {
  const rows = Array.from({ length: 1500 }, (_, index) => `K${index};Kill ${index};Z001;;;;;;Trier;DE;;;-`);
  drop('changes_3.csv', rows);
  await eventually('some are there', async () => (await accounts()).length > 100);
  town.group.kill('worker', 'SIGKILL');
  await eventually('all are there', async () => (await accounts()).length >= 1504);
  await town.world.quiet(WITHIN_MS);
  expect(await accounts()).toHaveLength(1504);
  expect(new Set((await accounts()).map(({ note }) => note)).size).toBe(1504);
});
