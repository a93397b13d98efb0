/** The laws of connectors on real databases, behind a proxy that makes the trouble. */
import { expect, inject, onTestFinished, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { conformance } from '../kit/conformance.ts';
import { aCall } from '../kit/fake-http.ts';
import { hasMariaDb } from '../kit/mariadb.ts';
import { connectSql, mariaDbDatabase, postgresqlDatabase, sqlPreset, sqlWorld } from '../kit/sql.ts';

const WEBHOOKS = { law: 7, reason: 'a database sends no webhooks, so nothing is verified' } as const;

conformance('PostgreSQL', async () => sqlWorld('postgresql', await postgresqlDatabase(inject('databaseUrl'))), {
  skip: [WEBHOOKS],
});
conformance(
  'PostgreSQL with a transaction for each item',
  async () => {
    const database = await postgresqlDatabase(inject('databaseUrl'));
    const write = { transaction: 'item', max: 20, create: { table: 'customer' }, update: { table: 'customer' } };
    return sqlWorld('postgresql', database, sqlPreset('postgresql', { write }));
  },
  { skip: [WEBHOOKS] },
);
if (hasMariaDb())
  conformance('MariaDB', async () => sqlWorld('mysql', (await mariaDbDatabase()).database), { skip: [WEBHOOKS] });

test('the file of its fields has the kinds and lengths that the table has', async () => {
  const database = await postgresqlDatabase(inject('databaseUrl'));
  onTestFinished(database.close);
  const told = connectSql(database, sqlPreset('postgresql'));
  onTestFinished(() => told.close());
  // A record of another name has no file, so that the database itself is asked.
  const { records } = sqlPreset('postgresql') as { records: { Customer: JsonObject } };
  const asked = connectSql(database, { ...sqlPreset('postgresql'), records: { Asked: records.Customer } });
  onTestFinished(() => asked.close());
  const file = new Map((await told.describe('Customer', aCall())).fields.map((field) => [field.path, field]));
  const { fields } = await asked.describe('Asked', aCall());
  expect(fields.length).toBeGreaterThan(15);
  for (const { path, type, max } of fields)
    expect({ path, type: file.get(path)?.type, max: file.get(path)?.max }).toEqual({ path, type, max });
});
