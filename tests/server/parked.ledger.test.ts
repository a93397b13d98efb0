import { expect, test } from 'vitest';
import { fromBytes } from '../../src/ledger/codec.ts';
import { aConflict, account, CRM, ERP, inWorld, partner } from './world.ts';

const dueOf = 'select slot, id, state, cause from pending order by slot';

test('a parked conflict shows both values, the baseline and what to do', () =>
  inWorld(async (world) => {
    const { id, link } = await aConflict(world);
    const { json } = await world.ask('steward', 'GET', '/parked');
    expect(json.items).toMatchObject([
      {
        id,
        link,
        field: 'tax id',
        code: 'CONFLICT',
        crm: 'DE222222222',
        erp: 'DE333333333',
        base: 'DE111111111',
        fix: 'Choose the side whose value shall stand.',
      },
    ]);
    expect(json.groups).toMatchObject([{ code: 'CONFLICT', field: 'tax id', records: 1 }]);
    expect(json.items[0].members.map((member: { id: string }) => member.id)).toEqual(['A1', '100']);
  }));

test('retrying a parked record makes its rows due, journals who said so and nudges its mapping once', () =>
  inWorld(async (world) => {
    const { id, link } = await aConflict(world);
    const first = await world.ask('operator', 'POST', `/parked/${id}/retry`);
    expect([first.status, first.json]).toEqual([202, { records: 1, state: 'queued' }]);
    await world.ask('operator', 'POST', `/parked/${id}/retry`);
    expect(await world.db.query(dueOf)).toEqual([
      { slot: CRM, id: 'A1', state: 'due', cause: 'retry' },
      { slot: ERP, id: '100', state: 'due', cause: 'retry' },
    ]);
    expect(world.nudged).toEqual(['customer']);
    const entries = await world.db.query(
      `select actor, action, link, fields, code from journal where action = 'retry'`,
    );
    expect(entries[0]).toEqual({ actor: 'operator', action: 'retry', link, fields: ['tax id'], code: 'CONFLICT' });
  }));

test('a dry run counts the records that a filter names, for the caller’s own mappings, and does nothing', () =>
  inWorld(async (world) => {
    const { link } = await aConflict(world);
    await world.parked({ link, field: 'phone', code: 'TOO_LONG' });
    const dry = async (who: Parameters<typeof world.ask>[0], body: object) =>
      (await world.ask(who, 'POST', '/parked/retry', { ...body, dry_run: true })).json;
    expect(await dry('operator', {})).toEqual({
      records: 1,
      state: 'dry run',
      codes: { CONFLICT: 1, TOO_LONG: 1 },
    });
    expect(await dry('operator', { code: 'TOO_LONG' })).toMatchObject({ records: 1, codes: { TOO_LONG: 1 } });
    expect(await dry('operator', { mapping: 'other' })).toMatchObject({ records: 0, codes: {} });
    const made = await world.ask('it-admin', 'POST', '/keys', { name: 'x', role: 'operator', mappings: ['other'] });
    expect(await dry({ key: made.json.key }, {})).toMatchObject({ records: 0, codes: {} });
    expect(await world.db.query('select 1 from pending')).toEqual([]);
    expect(world.nudged).toEqual([]);
  }));

test('a retry by code takes all records of that code and no other', () =>
  inWorld(async (world) => {
    const links = await world.seen(
      CRM,
      ['A1', 'A2', 'A3'].map((id) => ({ id, body: account(id) })),
    );
    for (const [id, link] of links)
      await world.parked({
        link,
        field: 'payment terms',
        code: id === 'A3' ? 'TOO_LONG' : 'LOOKUP_MISS',
        cause: 'no row for Net 45',
      });
    const { json } = await world.ask('operator', 'POST', '/parked/retry', { code: 'LOOKUP_MISS' });
    expect(json.records).toBe(2);
    expect(await world.db.query('select id from pending order by id')).toEqual([{ id: 'A1' }, { id: 'A2' }]);
  }));

test('a retry lets a write go that the target had refused', () =>
  inWorld(async (world) => {
    const links = await world.seen(CRM, [{ id: 'A1', body: account('Acme') }]);
    const id = await world.parked({
      link: links.get('A1') ?? '',
      code: 'TARGET_REFUSED',
      refused: Buffer.from('hash of it'),
    });
    await world.ask('steward', 'POST', `/parked/${id}/retry`);
    // Still known as refused, so that the write's success ends it; but equal to no write.
    expect(await world.db.query('select length(refused) as length from parked')).toEqual([{ length: 0 }]);
  }));

test('a steward decides a conflict, and the decision names what was seen and who decided', () =>
  inWorld(async (world) => {
    const { id, values } = await aConflict(world);
    const { status } = await world.ask('steward', 'POST', `/parked/${id}/resolve`, { take: 'erp', seen: values });
    expect(status).toBe(202);
    const [row] = await world.db.query<{ decision: Buffer; decided_by: string }>(
      'select decision, decided_by from parked',
    );
    expect(row?.decided_by).toBe('steward');
    expect(fromBytes(row?.decision ?? Buffer.alloc(0))).toEqual({
      field: 'tax id',
      take: 'erp',
      seen: values,
      by: 'steward',
    });
    expect(await world.db.query(dueOf)).toMatchObject([{ cause: 'decision' }, { cause: 'decision' }]);
    expect(world.nudged).toEqual(['customer']);
  }));

test('a decision on outdated values is refused with the new ones, and leaves nothing behind', () =>
  inWorld(async (world) => {
    const { id, values } = await aConflict(world);
    const { status, json } = await world.ask('steward', 'POST', `/parked/${id}/resolve`, {
      take: 'erp',
      seen: { ...values, crm: 'DE000000000' },
    });
    expect([status, json.code, json.current]).toEqual([409, 'DECISION_OUTDATED', values]);
    expect(await world.db.query('select id from pending')).toEqual([]);
    expect(await world.db.query('select id from parked where decision is not null')).toEqual([]);
    expect(await world.db.query(`select id from journal where action = 'decide'`)).toEqual([]);
  }));

test('values with more digits than a double, and with half a character, are compared as they are', () =>
  inWorld(async (world) => {
    const { id } = await aConflict(world, { crm: 'a\ud800', erp: 'b\u0000' });
    const body = `{"take":"crm","seen":{"crm":"a\\ud800","erp":"b\\u0000"}}`;
    expect((await world.ask('steward', 'POST', `/parked/${id}/resolve`, body)).status).toBe(202);
    await world.db.query(`update parked set detail = $1`, [
      Buffer.from('{"crm":12345678901234567.89,"erp":1,"base":null}'),
    ]);
    const near = `{"take":"crm","seen":{"crm":12345678901234567.88,"erp":1}}`;
    const refused = await world.ask('steward', 'POST', `/parked/${id}/resolve`, near);
    expect(refused.json.code).toBe('DECISION_OUTDATED');
    expect(refused.text).toContain('12345678901234567.89');
    expect((await world.ask('steward', 'POST', `/parked/${id}/resolve`, near.replace('.88', '.89'))).status).toBe(202);
  }));

test('a possible duplicate is settled by naming the other half or by saying that it is new', () =>
  inWorld(async (world) => {
    const links = await world.seen(CRM, [
      { id: 'A1', body: account('Acme') },
      { id: 'A2', body: account('Acme') },
    ]);
    await world.seen(ERP, [{ id: '100', body: partner('Acme') }]);
    const id = await world.parked({
      link: links.get('A1') ?? '',
      code: 'POSSIBLE_DUPLICATE',
      candidates: [{ slot: ERP, id: '100' }],
    });
    const say = (body: unknown) => world.ask('steward', 'POST', `/parked/${id}/resolve`, body);
    expect((await say({ action: 'link', with: { slot: ERP, id: '999' } })).json).toMatchObject({ code: 'NOT_FOUND' });
    expect((await say({ action: 'link', with: { slot: CRM, id: 'A2' } })).json).toMatchObject({ code: 'BAD_REQUEST' });
    expect((await say({ take: 'crm', seen: { crm: null, erp: null } })).json).toMatchObject({
      code: 'BAD_REQUEST',
      detail: expect.stringContaining('create or link'),
    });
    expect((await say({ action: 'link', with: { slot: ERP, id: '100' } })).status).toBe(202);
    expect((await say({ action: 'create' })).status).toBe(202);
    const [row] = await world.db.query<{ decision: Buffer }>('select decision from parked');
    expect(fromBytes(row?.decision ?? Buffer.alloc(0))).toEqual({ field: '', action: 'create', by: 'steward' });
  }));

test('a record already linked on that side cannot be linked once more', () =>
  inWorld(async (world) => {
    const links = await world.seen(CRM, [
      { id: 'A1', body: account('Acme') },
      { id: 'A2', body: account('Acme') },
    ]);
    await world.seen(ERP, [{ id: '100', body: partner('Acme') }]);
    await world.linked({ crm: 'A2', erp: '100' });
    const id = await world.parked({ link: links.get('A1') ?? '', code: 'POSSIBLE_DUPLICATE' });
    const { json } = await world.ask('steward', 'POST', `/parked/${id}/resolve`, {
      action: 'link',
      with: { slot: ERP, id: '100' },
    });
    expect(json).toMatchObject({ code: 'BAD_REQUEST', detail: expect.stringContaining('linked') });
  }));

test('pages follow each other without a gap, and a cursor holds for its key and question only', () =>
  inWorld(async (world) => {
    const links = await world.seen(
      CRM,
      Array.from({ length: 7 }, (_, i) => ({ id: `A${i}`, body: account(`N${i}`) })),
    );
    for (const link of links.values()) await world.parked({ link, code: 'NO_IDENTITY' });
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 4 && (page === 0 || cursor !== ''); page += 1) {
      const { json } = await world.ask('steward', 'GET', `/parked?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...json.items.map((item: { link: string }) => item.link));
      cursor = json.next ?? '';
    }
    expect(seen.toSorted()).toEqual([...links.values()].toSorted());
    const { json } = await world.ask('steward', 'GET', '/parked?limit=3');
    const code = async (who: 'steward' | 'operator', path: string) => (await world.ask(who, 'GET', path)).json.code;
    expect(await code('operator', `/parked?limit=3&cursor=${json.next}`)).toBe('CURSOR_INVALID');
    expect(await code('steward', `/parked?code=CONFLICT&cursor=${json.next}`)).toBe('CURSOR_INVALID');
    expect(await code('steward', `/parked?cursor=${`x${json.next.slice(1)}`}`)).toBe('CURSOR_INVALID');
    expect(await code('steward', `/parked?cursor=1';drop table parked`)).toBe('CURSOR_INVALID');
    expect(await code('steward', `/parked?cursor=${encodeURIComponent(`' or 1=1`)}`)).toBe('CURSOR_INVALID');
  }));
