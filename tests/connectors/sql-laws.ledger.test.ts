/** The laws of connectors on real databases, behind a proxy that makes the trouble. */
import { inject } from 'vitest';
import { conformance } from '../kit/conformance.ts';
import { hasMariaDb } from '../kit/mariadb.ts';
import { mariaDbDatabase, postgresqlDatabase, sqlPreset, sqlWorld } from '../kit/sql.ts';

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
