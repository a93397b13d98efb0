import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { Feed } from '../../src/server/replies-feed.ts';
import { withRig } from '../ledger/with-rig.ts';
import { compiledOf } from '../mapping/kit.ts';
import { ordersApi } from '../server/orders.ts';
import { aTerminal } from './terminal.ts';

const compiled = compiledOf({
  'mappings/customer.yaml': `mapping: customer
entity: customer
revision: 1
summary: Customers.
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Partner } }
identity: { match_on: [[name]], on_none: { to_erp: create, to_crm: create } }
feed: true
fields:
  name: { crm: name, erp: name, flow: crm <-> erp, as: text, conflict: crm wins }
`,
});

test('each run of `tally feed` goes on where the last one ended, and the API tells by role', () =>
  withRig({ compiled }, async (rig) => {
    const folder = mkdtempSync(join(tmpdir(), 'feed-'));
    try {
      const { ask, service, fetch, keyOf } = await ordersApi(rig);
      const tally = aTerminal({
        env: { TALLY_API_URL: 'http://127.0.0.1:4000', TALLY_API_KEY: keyOf('steward') },
        fetch,
      });
      const id = rig.systems.crm.people.create({ name: '=HYPERLINK("x")' });
      await rig.settle();
      expect((await tally('feed', folder)).out).toMatch(/^1 change: changes-000000000001-\d{12}\.csv\n$/);
      expect((await tally('feed', folder)).out).toBe('Nothing new.\n');
      rig.systems.crm.people.edit(id, { name: 'Acme' });
      await rig.settle();
      expect((await tally('feed', folder, '--format', 'parquet')).out).toMatch(/^1 change: .*\.parquet\n$/);
      const [csv = '', parquet = ''] = readdirSync(folder).filter((name) => name.startsWith('changes-'));
      expect(readFileSync(join(folder, csv), 'utf8').split('\r\n')[1]).toContain('customer,customer,agreed,');
      const { buffer } = new Uint8Array(readFileSync(join(folder, parquet)));
      expect(await parquetReadObjects({ file: buffer })).toMatchObject([
        { operation: 'changed', crm_id: id, erp_id: 'P001', fields: '["name"]', values: '{"name":"Acme"}' },
      ]);
      expect((await tally('feed', folder, '--mapping', 'customer')).err).toContain(
        'give each feed a folder of its own',
      );
      expect(Feed.parse((await ask('steward', 'GET', '/feed?limit=1')).json).changes).toHaveLength(1);
      expect((await ask('operator', 'GET', '/feed')).status).toBe(403);
      expect((await ask('steward', 'GET', '/feed?mapping=invoice')).status).toBe(404);
      await service('elsewhere', ['invoice']);
      expect((await ask('elsewhere', 'GET', '/feed')).status).toBe(403);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }));
