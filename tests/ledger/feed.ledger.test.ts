/** What a warehouse is told: every change that was taken into agreement, once, in an order that stands. */
import { expect, test } from 'vitest';
import { feedPage } from '../../src/ledger/queries/feed.ts';
import { register } from '../../src/ledger/steps/register.ts';
import { compiledOf } from '../mapping/kit.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const files = (more: string) => ({
  'mappings/customer.yaml': `mapping: customer
entity: customer
revision: 1
summary: Customers.
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Partner } }
identity: { match_on: [[name]], on_none: { to_erp: create, to_crm: create } }
${more}
fields:
  name: { crm: name, erp: name, flow: crm <-> erp, as: text, conflict: crm wins }
  credit limit: { crm: credit, erp: credit, flow: crm <-> erp, as: decimal, conflict: erp wins }
`,
});
const fed = compiledOf(files('feed: true'));
const silent = compiledOf(files(''));
const options = { compiled: fed, manners: { erp: { deletes: 'in-feed' } } } as const;

const PLENTY = 1_000_000;
const told = async ({ db }: Rig, after = 0, limit = 1_000, bytes = PLENTY) =>
  feedPage(db, { after, limit, bytes, mappings: null });
const inShort = async (rig: Rig, after = 0) =>
  (await told(rig, after)).changes.map(({ operation, crm, erp, fields }) => [operation, crm, erp, fields.join()]);

test('what was created, what was found equal and what was changed is told once each, with the ids of both sides', () =>
  withRig(options, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create({ name: 'Acme', credit: '0.10' });
    crm.people.create({ name: 'Zenith' });
    erp.people.create({ name: 'Zenith' });
    await rig.settle();
    expect(new Set((await inShort(rig)).map(([operation]) => operation))).toEqual(new Set(['agreed']));
    expect((await told(rig)).changes.map(({ values }) => values?.['name']).sort()).toEqual(['Acme', 'Zenith']);
    const { next } = await told(rig);
    crm.people.edit(id, { credit: '9007199254740993.01' });
    await rig.settle();
    const { changes } = await told(rig, next);
    expect(changes).toMatchObject([
      {
        mapping: 'customer',
        operation: 'changed',
        crm: id,
        erp: expect.stringMatching(/^P/),
        fields: ['credit limit'],
        values: { name: 'Acme', 'credit limit': '9007199254740993.01' },
      },
    ]);
    await rig.settle();
    expect((await told(rig, next)).changes).toEqual(changes);
  }));

test('the same edit made at both sides writes nothing and is told', () =>
  withRig(options, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create({ name: 'Acme', credit: '1' });
    await rig.settle();
    const { next } = await told(rig);
    const writes = await rig.count('intent');
    crm.people.edit(id, { credit: '2' });
    erp.people.edit('P001', { credit: '2' });
    await rig.settle();
    expect(await rig.count('intent')).toBe(writes);
    expect(await inShort(rig, next)).toEqual([['changed', id, 'P001', 'credit limit']]);
  }));

test('a record that is gone is told, and told again when it is back', () =>
  withRig(options, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create({ name: 'Acme', credit: '1' });
    await rig.settle();
    const { next } = await told(rig);
    erp.people.remove('P001');
    await rig.observe();
    expect(await inShort(rig, next)).toEqual([['gone', id, null, '']]);
    const gone = await told(rig, next);
    expect(gone.changes[0]?.values).toBeNull();
    const slot = 'erp/Partner';
    const [from, { feedCursor }] = [await rig.capture.now(), await rig.capture.position(slot)];
    const record = { id: 'P001', version: '999999', body: { name: 'Acme', credit: '1' } };
    await rig.capture.storePage({
      ...{ slot, kind: 'feed', from, next: feedCursor, done: true },
      changes: [{ op: 'upsert', record }],
    });
    expect((await inShort(rig, gone.next))[0]?.slice(0, 3)).toEqual(['back', id, 'P001']);
  }));

test('a change that is committed late comes after what was told before it: nothing is left out, nothing comes twice', () =>
  withRig(options, async (rig) => {
    const seen: number[] = [];
    let after = 0;
    const read = async (): Promise<readonly string[]> => {
      const page = await told(rig, after);
      after = page.next;
      seen.push(...page.changes.map(({ number }) => number));
      return page.changes.map(({ link }) => link);
    };
    const baseline = (db: Pick<Rig['db'], 'query'>, link: string) =>
      db.query(
        `insert into baseline (link, mapping, body, at) values ($1, 'customer', convert_to('{"name":["A"]}', 'UTF8'), ledger_now())`,
        [link],
      );
    const [early, late] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
    let [begun, goOn] = [(): void => undefined, (): void => undefined];
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const slow = rig.db.transaction(async (tx) => {
      await baseline(tx, late);
      begun();
      await held;
    });
    await started;
    await baseline(rig.db, early);
    expect(await read()).toEqual([early]);
    goOn();
    await slow;
    expect(await read()).toEqual([late]);
    expect(await read()).toEqual([]);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    const [one, two] = await Promise.all([told(rig), told(rig)]);
    expect(one).toEqual(two);
  }));

test('page by page everything is told once, also of mappings that begin to tell when much was agreed on before; one that ceases keeps nothing', () =>
  withRig({ ...options, compiled: silent }, async (rig) => {
    for (let n = 0; n < 7; n += 1) rig.systems.crm.people.create({ name: `Customer ${n}`, credit: '1' });
    await rig.settle();
    expect((await told(rig)).changes).toEqual([]);
    const registered = (mappings: typeof fed) =>
      register(rig.db, { config: 2, connections: ['crm', 'erp'], mappings: [...mappings.values()] });
    await registered(fed);
    await registered(fed);
    const names: unknown[] = [];
    for (let [after, more] = [0, true]; more; ) {
      const page = await told(rig, after, 2);
      names.push(...page.changes.map(({ values }) => values?.['name']));
      ({ next: after, more } = page);
    }
    expect(names.toSorted()).toEqual(Array.from({ length: 7 }, (_, n) => `Customer ${n}`));
    await registered(silent);
    expect(await rig.count('change')).toBe(0);
  }));

test('a page ends before it would hold more bytes than asked for, tells one change at least, and nothing is left out', () =>
  withRig(options, async (rig) => {
    const { crm } = rig.systems;
    const names = ['short', 'x'.repeat(3_000), 'y'.repeat(3_000), 'z'];
    for (const name of names) {
      crm.people.create({ name, credit: '1' });
      await rig.settle();
    }
    const pages: (readonly unknown[])[] = [];
    for (let [after, more] = [0, true]; more; ) {
      const page = await told(rig, after, 10, 2_000);
      pages.push(page.changes.map(({ values }) => values?.['name']));
      ({ next: after, more } = page);
    }
    expect(pages).toEqual([['short'], [names[1]], [names[2]], ['z']]);
    expect((await told(rig, 0, 10, 4_000)).changes).toHaveLength(2);
    expect(await told(rig, 0, 10)).toMatchObject({ more: false });
  }));
