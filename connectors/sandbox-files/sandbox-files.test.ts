import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isObject, type Json } from '../../src/domain/json.ts';
import { aFolder, readOn, recordsIn } from '../../tests/connectors/files-kit.ts';
import { aCall, aConnection } from '../../tests/kit/fake-http.ts';
import { presetOf } from '../../tests/kit/preset.ts';
import { createConnector } from '../index.ts';

/** The preset as it is shipped, but for the wait between two looks at a file. */
const preset = (): Json => {
  const shipped = presetOf('sandbox-files');
  const records =
    isObject(shipped) && isObject(shipped['records'] ?? null)
      ? (shipped['records'] as Record<string, Record<string, Json>>)
      : {};
  const partner = records['Partner'] ?? {};
  return {
    ...(shipped as object),
    records: { ...records, Partner: { ...partner, in: { ...(partner['in'] as object), ready: { by: 'rename' } } } },
  } as Json;
};

const connect = (root: string) =>
  createConnector({
    settings: aConnection(`folder:${root}`, { connector: 'sandbox-files' }),
    preset: preset(),
    mode: 'local',
    secret: (reference) => reference,
  });

const EXPORT = [
  'Partner;Name;Group;Tax number;Phone;E-mail;Street;Postcode;City;Country;Credit limit;Customer since;Blocked',
  '0100;Müller GmbH;Z001;DE123456789;+49 731 5;info@mueller.example;Weg 1;01067;Köln;DE;1.234.567,50;29.02.2004;X',
  '',
].join('\r\n');

test('its export is read with its umlauts, zeros, decimal comma and dates', async () => {
  const root = aFolder('in');
  writeFileSync(join(root, 'in', 'partners_1.csv'), Buffer.from(EXPORT, 'latin1'));
  const [partner] = recordsIn((await readOn(connect(root), '')).changes);
  expect(partner?.id).toBe('0100');
  expect({ ...partner?.body, credit_limit: String(partner?.body['credit_limit']) }).toMatchObject({
    name: 'Müller GmbH',
    postal_code: '01067',
    city: 'Köln',
    credit_limit: '1234567.50',
    since: '2004-02-29',
    blocked: true,
  });
});

test('what it imports is written as it reads it', async () => {
  const root = aFolder('in');
  const item = {
    op: 'create',
    data: { name: 'Größe & Co', phone: '+49 731 5', country: 'DE' },
    idempotencyKey: 'k1',
  } as const;
  expect(await connect(root).write('Customer', [item], aCall())).toMatchObject([{ status: 'created', id: 'k1' }]);
  expect(readFileSync(join(root, 'out', 'customers_0000000001.csv'), 'latin1')).toBe(
    'Reference;Operation;Customer;Name;Tax number;Phone;E-mail;Street;Postcode;City;Country\r\nk1;new;k1;Größe & Co;;+49 731 5;;;;;DE\r\n',
  );
});

test('a check names the folder that is missing and the file that fits no pattern', async () => {
  const root = aFolder();
  expect((await connect(root).check(aCall())).warnings).toEqual(['the folder "in" is not there']);
  const other = aFolder('in');
  writeFileSync(join(other, 'in', 'Partners.xls'), '');
  expect((await connect(other).check(aCall())).warnings).toEqual([
    '"in" has 1 entries that fit no pattern, the first is "Partners.xls"',
  ]);
});

test('it describes its fields from its columns', async () => {
  const { fields, capabilities } = await connect(aFolder('in')).describe('Partner', aCall());
  expect(fields.find(({ path }) => path === 'credit_limit')).toEqual({
    path: 'credit_limit',
    type: 'decimal',
    readOnly: true,
  });
  expect(capabilities).toMatchObject({
    write: { create: false },
    guard: 'none',
    changes: { mode: 'timestamp', deletes: 'absence' },
  });
});

test.each(['Partner', 'Customer'])(
  'the fields of %s that stand beside it, for checks without a folder, are those of its columns',
  async (record) => {
    const { fields } = await connect(aFolder('in')).describe(record, aCall());
    const stored = JSON.parse(readFileSync(join(import.meta.dirname, 'schema', `${record}.json`), 'utf8')) as {
      fields: unknown;
    };
    const columns = createConnector({
      settings: aConnection(`folder:${aFolder('in')}`, { connector: 'sandbox-files' }),
      preset: preset(),
      mode: 'local',
      secret: (reference) => reference,
      read: async () => undefined,
    });
    expect(stored.fields).toEqual((await columns.describe(record, aCall())).fields);
    expect(fields).toEqual(stored.fields);
  },
);
