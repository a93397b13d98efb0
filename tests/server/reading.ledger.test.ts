import { expect, test } from 'vitest';
import { MASK } from '../../src/server/masking.ts';
import { ROUTES } from '../../src/server/routes.ts';
import { aConflict, account, CRM, ERP, inWorld, partner, type World } from './world.ts';

const SECRETS = ['DE222222222', 'DE333333333', 'DE111111111', 'Acme Secret', 'Main St 1', 'Bonn'];

/** One linked customer with a conflict, one waiting, one that only the CRM has. */
const furnished = async (world: World) => {
  const links = await world.seen(CRM, [
    { id: 'A1', body: account('Acme Secret', { vat_number: 'DE222222222' }) },
    { id: 'A2', body: account('Bolt', { vat_number: 'DE444444444' }) },
    { id: 'A3', body: account('Cog', { vat_number: 'DE555555555', payment_terms: 'Net 45' }) },
  ]);
  await world.seen(ERP, [
    { id: '100', body: partner('Acme Secret', { tax_number: 'DE333333333' }) },
    { id: '200', body: partner('Bolt', { tax_number: 'DE444444444' }) },
  ]);
  await world.linked({ crm: 'A2', erp: '200' });
  await world.db.query(
    `insert into baseline (link, mapping, body, at) select link, 'customer', $1, now() from record where slot = $2 and id = 'A1'`,
    [Buffer.from('{"tax id":["DE111111111"]}'), CRM],
  );
  const link = await world.linked(
    { crm: 'A1', erp: '100' },
    { 'tax id': { value: 'DE111111111', crm: 'DE111111111', erp: 'DE111111111' } },
  );
  const parked = await world.parked({
    link,
    field: 'tax id',
    code: 'CONFLICT',
    cause: 'CONFLICT',
    message: 'tax id: DE222222222 against DE333333333',
    crm: 'DE222222222',
    erp: 'DE333333333',
    base: 'DE111111111',
  });
  await world.db.query(
    `insert into pending (mapping, slot, id, due, since, state, reason, detail) values ('customer', $1, 'A3', now() + interval '1 h', now() - interval '90 s', 'waiting', 'KEY_RESERVED', 'tax id=DE555555555')`,
    [CRM],
  );
  return { link, parked, alone: links.get('A3') ?? '' };
};

test('status counts what agrees, waits and is parked, and knows the age of the oldest change', () =>
  inWorld(async (world) => {
    await furnished(world);
    const { json } = await world.ask('operator', 'GET', '/status');
    expect(json.mappings).toMatchObject([
      {
        name: 'customer',
        gate: 'shut',
        agreement: 1,
        pending: 0,
        doubt: 0,
        waiting: { KEY_RESERVED: 1 },
        parked: { CONFLICT: 1 },
      },
    ]);
    expect(json.mappings[0].lagMs).toBeGreaterThanOrEqual(90_000);
    expect(json.connections.map((connection: { name: string }) => connection.name)).toEqual(['crm', 'erp']);
    expect(json.connections[0].slots).toMatchObject([{ slot: CRM, passWanted: true }]);
  }));

test('a record is found by our id, by either side’s id, by our reference and by its name', () =>
  inWorld(async (world) => {
    const { link } = await furnished(world);
    await world.db.query(`update record set reference = 'ts-ref' where slot = $1 and id = '100'`, [ERP]);
    for (const text of [link, link.toUpperCase(), 'A1', '100', 'ts-ref', 'acme sec', 'ACME SECRET', 'secret']) {
      const { json } = await world.ask('steward', 'GET', `/records?find=${encodeURIComponent(text)}`);
      expect([text, json.records.map((record: { link: string }) => record.link)]).toEqual([text, [link]]);
    }
    expect((await world.ask('steward', 'GET', '/records?find=nobody')).json).toEqual({ records: [] });
  }));

test('one record shows its members, baseline, what is parked and what is due', () =>
  inWorld(async (world) => {
    const { link, alone } = await furnished(world);
    const { json } = await world.ask('steward', 'GET', `/records/${link}`);
    expect(
      json.members.map((member: { id: string; body: { name?: string } }) => [member.id, member.body.name]),
    ).toEqual([
      ['A1', 'Acme Secret'],
      ['100', undefined],
    ]);
    expect(json.baselines).toMatchObject([{ mapping: 'customer', fields: { 'tax id': { value: 'DE111111111' } } }]);
    expect(json.parked).toMatchObject([{ code: 'CONFLICT' }]);
    const other = await world.ask('steward', 'GET', `/records/${alone}`);
    expect(other.json.pending).toMatchObject([{ reason: 'KEY_RESERVED', detail: 'tax id=DE555555555' }]);
  }));

test('what a record is part of is told level by level, without names and values to those who may not see them', () =>
  inWorld(async (world) => {
    const { link, alone } = await furnished(world);
    await world.db.query(
      `insert into edge (mapping, link, name, field, source, target, held) values
         ('customer', $1, 'parent', 'parent', $1, $2, false), ('another', $1, 'parent', 'parent', $1, $2, false)`,
      [link, alone],
    );
    const { json } = await world.ask('steward', 'GET', `/records/${alone}/where-used?levels=3&on=2026-11-28`);
    expect(json).toMatchObject({ more: false, uses: [{ level: 1, part: alone, source: link, label: 'Acme Secret' }] });
    expect(json.uses[0].said).toEqual({ 'tax id': 'DE111111111' });
    const operator = await world.ask('operator', 'GET', `/records/${alone}/where-used`);
    expect(operator.json.uses).toMatchObject([{ label: MASK, partLabel: MASK, said: { 'tax id': MASK } }]);
    expect((await world.ask('steward', 'GET', `/records/${link}/where-used`)).json).toEqual({ uses: [], more: false });
    expect((await world.ask('steward', 'GET', `/records/${link}/where-used?on=today`)).status).toBe(400);
    expect((await world.ask('steward', 'GET', `/records/nobody/where-used`)).status).toBe(404);
  }));

test('an explanation says per field what a sync would do now and why', () =>
  inWorld(async (world) => {
    const { link, alone } = await furnished(world);
    const { json } = await world.ask('steward', 'GET', `/records/${link}/explain`);
    const fields = new Map(json.explained[0].fields.map((field: { field: string }) => [field.field, field]));
    expect(fields.get('tax id')).toMatchObject({
      decision: 'park',
      crm: 'DE222222222',
      erp: 'DE333333333',
      base: 'DE111111111',
    });
    expect(json.explained[0].members).toMatchObject({ crm: { id: 'A1', included: true }, erp: { id: '100' } });
    const other = (await world.ask('steward', 'GET', `/records/${alone}/explain`)).json.explained[0];
    expect(other.parked).toMatchObject([{ field: 'payment terms', code: 'LOOKUP_MISS' }]);
    expect(other.notes.join(' ')).toContain('Only one side has this record');
  }));

test('a decision is part of the explanation as soon as it is made', () =>
  inWorld(async (world) => {
    const { id, link, values } = await aConflict(world);
    await world.ask('steward', 'POST', `/parked/${id}/resolve`, { take: 'crm', seen: values });
    const { json } = await world.ask('steward', 'GET', `/records/${link}/explain`);
    expect(json.explained[0].fields.find((field: { field: string }) => field.field === 'tax id')).toMatchObject({
      decision: 'to_erp',
    });
  }));

test('a preview shows what a sync would do, those with something to do first', () =>
  inWorld(async (world) => {
    const { alone, link } = await furnished(world);
    const { json } = await world.ask('steward', 'GET', '/mappings/customer/preview?limit=2');
    expect(json.records.map((record: { link: string }) => record.link).toSorted()).toEqual([alone, link].toSorted());
    expect((await world.ask('steward', 'GET', '/mappings/customer/preview?limit=50')).json.records).toHaveLength(3);
    expect((await world.ask('steward', 'GET', '/mappings/nothing/preview')).status).toBe(404);
  }));

test.each(['operator', 'it-admin', 'auditor', 'service'] as const)('no answer to a %s holds a field value', (role) =>
  inWorld(async (world) => {
    const { link, parked, alone } = await furnished(world);
    await world.ask('steward', 'POST', `/parked/${parked}/resolve`, {
      take: 'crm',
      seen: { crm: 'DE222222222', erp: 'DE333333333' },
    });
    const found = (await world.ask('steward', 'GET', `/records?find=A1`)).text;
    expect(SECRETS.some((secret) => found.includes(secret))).toBe(true);
    for (const { id } of ROUTES.filter((route) => route.id.startsWith('GET'))) {
      for (const name of [link, parked, alone, 'customer', 'crm']) {
        const path = (id.split(' ')[1] ?? '').replace(/:\w+/, name);
        const query = id === 'GET /records' ? '?find=A1' : id === 'GET /journal' ? `?link=${link}` : '';
        const { text } = await world.ask(role, 'GET', `${path}${query}`);
        for (const secret of [...SECRETS, 'DE555555555', 'Net 45'])
          expect([id, text.includes(secret)]).toEqual([id, false]);
      }
    }
  }),
);

test('who may not see names cannot find out by searching for them', () =>
  inWorld(async (world) => {
    await furnished(world);
    expect((await world.ask('operator', 'GET', '/records?find=Acme')).json).toEqual({ records: [] });
    expect((await world.ask('operator', 'GET', '/records?find=A1')).json.records[0].members[0]).toMatchObject({
      id: 'A1',
      label: MASK,
    });
  }));

test('groups are told apart by field and code only where causes may not be seen', () =>
  inWorld(async (world) => {
    const links = await world.seen(
      CRM,
      ['A1', 'A2', 'A3'].map((id) => ({ id, body: account(id) })),
    );
    for (const [id, link] of links)
      await world.parked({
        link,
        field: 'payment terms',
        code: 'LOOKUP_MISS',
        cause: `no row for ${id === 'A1' ? 'Net 45' : 'Net 90'}`,
      });
    const groups = async (role: 'steward' | 'operator') =>
      (await world.ask(role, 'GET', '/parked')).json.groups.map((group: { cause: string; records: number }) => [
        group.cause,
        group.records,
      ]);
    expect(await groups('steward')).toEqual([
      ['no row for Net 90', 2],
      ['no row for Net 45', 1],
    ]);
    expect(await groups('operator')).toEqual([['LOOKUP_MISS', 3]]);
  }));

test('the journal tells one record’s story with its values, newest first, page by page', () =>
  inWorld(async (world) => {
    const { id, link, values } = await aConflict(world);
    await world.ask('steward', 'POST', `/parked/${id}/retry`);
    await world.ask('steward', 'POST', `/parked/${id}/resolve`, { take: 'crm', seen: values });
    const first = await world.ask('steward', 'GET', `/journal?link=${link}&limit=2`);
    expect(first.json.entries.map((entry: { action: string; actor: string }) => [entry.action, entry.actor])).toEqual([
      ['decide', 'steward'],
      ['retry', 'steward'],
    ]);
    expect(first.json.entries[0]).toMatchObject({
      fields: ['tax id'],
      values: { take: 'crm', seen: values },
      reason: 'the value of the crm stands',
    });
    const second = await world.ask('steward', 'GET', `/journal?link=${link}&limit=2&cursor=${first.json.next}`);
    expect(second.json).toMatchObject({
      entries: [{ action: 'park', actor: 'tallystick', values: { crm: values.crm } }],
      next: null,
    });
  }));

test('of other people’s acts the journal tells only those who audit', () =>
  inWorld(async (world) => {
    const { id, link } = await aConflict(world);
    await world.ask('operator', 'POST', `/parked/${id}/retry`);
    const actors = async (role: 'operator' | 'steward' | 'auditor' | 'it-admin') =>
      (await world.ask(role, 'GET', `/journal?link=${link}`)).json.entries.map(
        (entry: { actor: string }) => entry.actor,
      );
    expect(await actors('operator')).toEqual(['operator', 'tallystick']);
    expect(await actors('steward')).toEqual(['tallystick']);
    expect(await actors('auditor')).toEqual(['operator', 'tallystick']);
    expect(await actors('it-admin')).toEqual(['operator', 'tallystick']);
  }));

test('a key with mappings of its own finds other mappings’ things as if they were not there', () =>
  inWorld(async (world) => {
    const { link, parked } = await furnished(world);
    const { json } = await world.ask('it-admin', 'POST', '/keys', {
      name: 'invoices',
      role: 'steward',
      mappings: ['invoice'],
    });
    const other = { key: json.key as string };
    const theirs = await world.ask(other, 'GET', `/records/${link}`);
    const nothing = await world.ask(other, 'GET', '/records/00000000-0000-4000-8000-000000000000');
    expect([theirs.status, theirs.json.code]).toEqual([nothing.status, nothing.json.code]);
    for (const path of [
      `/parked/${parked}`,
      `/records/${link}/explain`,
      '/mappings/customer',
      '/mappings/customer/preview',
    ])
      expect([path, (await world.ask(other, 'GET', path)).status]).toEqual([path, 404]);
    expect((await world.ask(other, 'GET', '/parked')).json).toEqual({ groups: [], items: [], next: null });
    expect((await world.ask(other, 'GET', '/records?find=A1')).json).toEqual({ records: [] });
    expect((await world.ask(other, 'GET', '/status')).json.mappings).toEqual([]);
    expect(
      (await world.ask(other, 'GET', '/journal')).json.entries.filter(
        (entry: { mapping: string | null }) => entry.mapping !== null,
      ),
    ).toEqual([]);
    for (const path of [
      `/parked/${parked}/retry`,
      `/records/${link}/sync`,
      `/records/${link}/retry`,
      '/mappings/customer/sync',
    ])
      expect([path, (await world.ask(other, 'POST', path)).status >= 400]).toEqual([path, true]);
    const resolved = await world.ask(other, 'POST', `/parked/${parked}/resolve`, {
      take: 'crm',
      seen: { crm: 'DE222222222', erp: 'DE333333333' },
    });
    expect(resolved.json).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(await world.db.query(`select id from pending where state = 'due'`)).toEqual([]);
    expect((await world.ask(other, 'POST', '/parked/retry', {})).json.records).toBe(0);
  }));

test('every answer is as the description of the API says', () =>
  inWorld(async (world) => {
    const { link, parked } = await furnished(world);
    await world.db.query(
      `insert into config_revision (number, author, at, files, hash) values (1, 'Ada', now(), $1, 'h')`,
      [Buffer.from('{"tallystick.yaml":"mappings: [customer]"}')],
    );
    const given: Readonly<Record<string, string>> = {
      '/connections/:name': 'crm',
      '/mappings/:name': 'customer',
      '/records/:id': link,
      '/parked/:id': parked,
      '/config/:number': '1',
    };
    // Views, outboxes and the lives of orders need more than these records: their own tests hold them to their description.
    const others = ['GET /openapi.json', 'GET /orders/:id', 'GET /outbox/:connection', 'GET /views/:name/:key'];
    for (const route of ROUTES.filter(({ id }) => id.startsWith('GET') && !others.includes(id))) {
      const place = route.id.split(' ')[1] ?? '';
      const stem = Object.keys(given).find((each) => place.startsWith(each)) ?? '';
      const path = `${place.replace(stem, stem.replace(/:\w+/, given[stem] ?? ''))}${place === '/records' ? '?find=A1' : ''}`;
      for (const role of ['steward', 'it-admin'] as const) {
        const { status, json } = await world.ask(role, 'GET', path);
        if (status === 403) continue;
        const checked = route.reply.safeParse(json);
        expect([route.id, status, checked.error?.issues ?? []]).toEqual([route.id, 200, []]);
      }
    }
  }));
