/** The sandbox CRM and SAP's own OData server, kept in agreement by the whole system: accounts and business partners. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Cap, startCap, USERS } from '../../sandbox/cap/start.ts';
import { startCrm } from '../../sandbox/crm/server.ts';
import { bearer, call, docOf } from '../../sandbox/kit/calls.ts';
import { say } from '../../scripts/say.mjs';
import { PAIRS, type Pair } from '../../src/cli/demo/pairs.ts';
import { freshConfig, groupOptions } from '../../src/cli/demo/start.ts';
import { type World, worldOf } from '../../src/cli/demo/world.ts';
import { eraseHome } from '../../src/cli/up/account.ts';
import { startGroup } from '../../src/cli/up/group.ts';
import { startTroubledHttp } from '../kit/troubled-http.ts';
import { eventually, WITHIN_MS } from './kit.ts';

const CUSTOMERS = 60;
const SEED = 47;
const PAIR: Pair = { ...PAIRS.sandbox, erp: 'SAP CAP', mapping: 'business-partner', config: 'tallystick.cap.yaml' };

type Row = Readonly<Record<string, unknown>>;

/** What people do in the ERP, past our own connector. */
const peopleAt = (cap: Cap) => {
  const authorization = `Basic ${Buffer.from(`people:${USERS.people}`).toString('base64')}`;
  const ask = async (method: string, path: string, body?: object): Promise<Row> => {
    const headers = { authorization, 'content-type': 'application/json', 'if-match': '*' };
    const reply = await fetch(`${cap.v4}/${path}`, {
      method,
      headers: method === 'GET' || method === 'POST' ? { authorization, 'content-type': 'application/json' } : headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!reply.ok) throw new Error(`CAP answered ${reply.status}: ${await reply.text()}`);
    return (await reply.json()) as Row;
  };
  const below = '$expand=to_BusinessPartnerAddress,to_BusinessPartnerTax';
  return {
    create: (body: object) => ask('POST', 'A_BusinessPartner', body),
    edit: (id: string, body: object) => ask('PATCH', `A_BusinessPartner('${id}')`, body),
    partner: (id: string) => ask('GET', `A_BusinessPartner('${id}')?${below}`),
    partners: async () => (await ask('GET', `A_BusinessPartner?${below}&$top=1000`))['value'] as readonly Row[],
  };
};

const start = async () => {
  const home = mkdtempSync(join(tmpdir(), 'tally-odata-'));
  const endings: (() => unknown)[] = [() => eraseHome(home)];
  const stop = async (): Promise<void> => {
    for (const end of endings.reverse().splice(0)) await end();
  };
  try {
    const cap = await startCap();
    endings.push(cap.close);
    const meanwhile: { edit: (() => Promise<unknown>) | undefined; clashes: number } = { edit: undefined, clashes: 0 };
    const proxy = await startTroubledHttp(cap.port, (body) => body !== '', {
      // Right between our last look and our write.
      before: async (body) => {
        const { edit } = meanwhile;
        if (edit === undefined || !body.includes('PATCH ')) return;
        meanwhile.edit = undefined;
        await edit();
      },
      after: (answer) => {
        meanwhile.clashes += answer.match(/HTTP\/1\.1 412/g)?.length ?? 0;
      },
    });
    endings.push(proxy.close);
    const crm = await startCrm({ customers: CUSTOMERS, seed: SEED });
    endings.push(crm.close);
    const systems = {
      SANDBOX_CRM_URL: crm.url,
      SANDBOX_CRM_CONTROL_URL: crm.controlUrl,
      SANDBOX_ERP_URL: `${proxy.url}/odata/v4/s4`,
    };
    const accounts = async (): Promise<readonly Row[]> => {
      const reply = await fetch(`${crm.controlUrl}/control/state?record=account&limit=1000`);
      return ((await reply.json()) as { records: readonly Row[] }).records;
    };
    const people = peopleAt(cap);
    const twin = (await accounts()).find(
      (each) => each['kind'] === 'Customer' && typeof each['vat_number'] === 'string',
    );
    const known = await people.create({
      OrganizationBPName1: 'Known to finance',
      BusinessPartnerGrouping: 'Z001',
      to_BusinessPartnerAddress: [
        { AddressID: '1', Country: 'DE', CityName: 'Ulm' },
        { AddressID: '2', CityName: 'Wien' },
      ],
      to_BusinessPartnerTax: [
        {
          BPTaxType: 'VAT',
          BPTaxNumber: String(twin?.['vat_number'])
            .replace(/[\s.-]/g, '')
            .toUpperCase(),
        },
      ],
    });
    const config = await freshConfig(home, PAIR);
    const quietly = { ...say, note: () => undefined };
    const options = groupOptions({ home, customers: CUSTOMERS, seed: SEED, pair: PAIR, say: quietly }, config);
    const env = { ...options.env, ...systems, TEMPORAL_ADDRESS: '', TALLY_API_KEY: '', TALLY_API_PORT: '' };
    const group = await startGroup({ ...options, env });
    endings.push(() => group.stop());
    const world: World = worldOf({ urls: { ...systems, ...group.urls }, home, config, pair: PAIR, stop });
    const seller = await bearer(crm.url, 'people', 'people-secret');
    return {
      ...{ world, people, accounts, stop, meanwhile, strike: proxy.strike, twin: String(twin?.['id']) },
      known: String(known['BusinessPartner']),
      account: async (id: string): Promise<Row> => (await accounts()).find((each) => each['id'] === id) ?? {},
      patch: async (id: string, fields: object): Promise<void> => {
        const { status } = await call('PATCH', `${crm.url}/v1/accounts/${id}`, { headers: seller, body: fields });
        expect(status).toBe(200);
      },
      create: async (fields: object): Promise<string> =>
        String(docOf(await call('POST', `${crm.url}/v1/accounts`, { headers: seller, body: fields }))['id']),
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

let firm: Awaited<ReturnType<typeof start>>;
afterAll(() => firm?.stop());

const at = (row: Row, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], row);
const bare = (value: unknown): string =>
  String(value ?? '')
    .replace(/[\s.-]/g, '')
    .toLowerCase();
const PAIRED = [
  ['name', 'OrganizationBPName1'],
  ['vat_number', 'to_BusinessPartnerTax.0.BPTaxNumber'],
  ['billing.city', 'to_BusinessPartnerAddress.0.CityName'],
  ['billing.street', 'to_BusinessPartnerAddress.0.StreetName'],
  ['billing.country', 'to_BusinessPartnerAddress.0.Country'],
] as const;

/** Fields of linked pairs that differ, but for those of accounts that say why. */
const differences = async (): Promise<readonly string[]> => {
  const partners = new Map((await firm.people.partners()).map((row) => [String(row['BusinessPartner']), row]));
  return (await firm.accounts()).flatMap((account) => {
    const number = account['erp_number'];
    if (typeof number !== 'string' || account['sync_state'] !== 'in agreement') return [];
    const partner = partners.get(number);
    if (partner === undefined) return [`${String(account['id'])}: no partner ${number}`];
    return PAIRED.flatMap(([crm, erp]) =>
      bare(at(account, crm)) === bare(at(partner, erp))
        ? []
        : [`${number} ${erp}: ${String(at(account, crm))} / ${String(at(partner, erp))}`],
    );
  });
};
const addresses = async (id: string): Promise<readonly Row[]> =>
  (await firm.people.partner(id))['to_BusinessPartnerAddress'] as readonly Row[];

test('the first load makes each customer a partner once, and knows the one that was there by its tax number', async () => {
  firm = await start();
  await firm.world.quiet(4 * WITHIN_MS);
  const linked = (await firm.accounts()).flatMap(({ erp_number: number }) => (number === null ? [] : [number]));
  expect(linked.length).toBeGreaterThan(20);
  expect((await firm.people.partners()).length).toBe(linked.length);
  expect((await firm.account(firm.twin))['erp_number']).toBe(firm.known);
  expect(await differences()).toEqual([]);
});

test('edits on both sides reach the other, also of an address; what the mapping does not know keeps its values', async () => {
  await firm.people.edit(firm.known, { IsMarkedForArchiving: true, Language: 'FR' });
  await firm.patch(firm.twin, { billing: { street: 'Münsterplatz 1' } });
  await eventually(
    'CAP has the street',
    async () => (await addresses(firm.known))[0]?.['StreetName'] === 'Münsterplatz 1',
  );
  await eventually('the CRM has the language', async () => (await firm.account(firm.twin))['language'] === 'fr');
  await firm.world.quiet(WITHIN_MS);
  expect((await addresses(firm.known))[1]).toMatchObject({ AddressID: '2', CityName: 'Wien' });
  expect(await firm.people.partner(firm.known)).toMatchObject({ IsMarkedForArchiving: true });
  expect(await differences()).toEqual([]);
});

test('what somebody changes right before our write is not written over: the stale ETag is refused, and both edits stand in the end', async () => {
  await firm.world.quiet(WITHIN_MS);
  firm.meanwhile.clashes = 0;
  firm.meanwhile.edit = () => firm.people.edit(firm.known, { Language: 'IT' });
  await firm.patch(firm.twin, { name: 'Renamed at once' });
  await eventually('both edits stand on both sides', async () => {
    const partner = await firm.people.partner(firm.known);
    const account = await firm.account(firm.twin);
    const names = [partner['OrganizationBPName1'], account['name']];
    const languages = [partner['Language'], account['language']];
    return names.every((name) => name === 'Renamed at once') && languages.join() === 'IT,it';
  });
  expect(firm.meanwhile.clashes).toBe(1);
  expect(await differences()).toEqual([]);
});

test('what the ERP’s rules refuse is parked with its own sentence, and goes through once it is corrected', async () => {
  const id = await firm.create({
    name: 'Test account',
    kind: 'Customer',
    vat_number: 'DE0815002',
    billing: { country: 'DE' },
  });
  const sentence = 'Business partner names must not begin with TEST';
  await eventually('it is parked', async () =>
    (await firm.world.parked()).some((item) => JSON.stringify(item).includes(sentence)),
  );
  await eventually('the account says so', async () =>
    String((await firm.account(id))['sync_message']).includes(sentence),
  );
  await firm.patch(id, { name: 'Tested account' });
  await eventually('it is a partner', async () => (await firm.account(id))['erp_number'] !== null);
});

test('a create whose answer is lost makes one partner; one that people make becomes an account', async () => {
  await firm.world.quiet(WITHIN_MS);
  await firm.strike('cut after', 'write');
  const id = await firm.create({
    name: 'Einmal AG',
    kind: 'Customer',
    vat_number: 'DE0815001',
    billing: { country: 'DE' },
  });
  await firm.people.create({
    OrganizationBPName1: 'Neu GmbH',
    BusinessPartnerGrouping: 'Z002',
    to_BusinessPartnerAddress: [{ AddressID: '1', Country: 'AT', PostalCode: '1010' }],
  });
  await eventually('it is linked', async () => (await firm.account(id))['erp_number'] !== null);
  await eventually('it is an account', async () => (await firm.accounts()).some(({ name }) => name === 'Neu GmbH'));
  await firm.world.quiet(WITHIN_MS);
  const made = (await firm.people.partners()).filter((each) => each['OrganizationBPName1'] === 'Einmal AG');
  expect(made.length).toBe(1);
  await firm.world.sweep(WITHIN_MS);
  expect(await differences()).toEqual([]);
});
