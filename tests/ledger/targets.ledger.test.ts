/** Roll-ups within the period of the record that shows them, for whom it names: targets of sales persons. */
import { expect, test } from 'vitest';
import { compiledOf } from '../mapping/kit.ts';
import { TARGET_FILES } from '../mapping/targets.ts';
import type { Rig, RigOptions } from './rig.ts';
import { withRig } from './with-rig.ts';

interface Sales {
  person(name: string): string;
  target(code: string, seller: string, from: string, until: string, more?: object): string;
  invoice(number: string, seller: string, day: string, net: string, more?: object): string;
  /** By target: actual, and what is in other currencies. */
  shown(): Readonly<Record<string, readonly unknown[]>>;
}

const inRig = (work: (rig: Rig, sales: Sales) => Promise<void>, options: RigOptions = {}) =>
  withRig({ compiled: compiledOf(TARGET_FILES), ...options }, (rig) =>
    work(rig, {
      person: (name) => rig.contacts.erp.people.create({ sort: 'person', name }),
      target: (code, seller, first, last, more = {}) =>
        rig.systems.erp.people.create({ code, seller, first, last, amount: 100, currency: 'EUR', ...more }),
      invoice: (number, seller, day, net, more = {}) =>
        rig.contacts.erp.people.create({
          sort: 'invoice',
          number,
          seller,
          day,
          net,
          currency: 'EUR',
          kind: 'INV',
          ...more,
        }),
      shown: () =>
        Object.fromEntries(
          [...rig.systems.crm.records.values()].map(({ body }) => [
            String(body['number']),
            [body['actual'], body['others'] ?? null],
          ]),
        ),
    }),
  );

const JANUARY = ['2026-01-01', '2026-01-31'] as const;
const FEBRUARY = ['2026-02-01', '2026-02-28'] as const;

test('what a person sold within each period stands beside the target, first and last day included', () =>
  inRig(async (rig, { person, target, invoice, shown }) => {
    const [ann, bob] = [person('Ann'), person('Bob')];
    target('ann-1', ann, ...JANUARY);
    target('ann-2', ann, ...FEBRUARY);
    target('bob-1', bob, ...JANUARY);
    invoice('0', ann, '2025-12-31', '1000');
    invoice('1', ann, '2026-01-01', '0.10');
    invoice('2', ann, '2026-01-31', '9007199254740993.01');
    invoice('3', ann, '2026-02-01', '5');
    invoice('4', bob, '2026-01-15', '7');
    await rig.settle();
    expect(shown()).toEqual({ 'ann-1': ['9007199254740993.11', null], 'ann-2': ['5', null], 'bob-1': ['7', null] });
    expect(await rig.count('pending')).toBe(0);
    expect(await rig.count('rollup_touched')).toBe(0);
  }));

test('an invoice that comes late, long after the period has ended, counts where its day is; only that target is looked at', () =>
  inRig(async (rig, { person, target, invoice, shown }) => {
    const ann = person('Ann');
    target('ann-1', ann, ...JANUARY);
    target('ann-2', ann, ...FEBRUARY);
    invoice('1', ann, '2026-01-10', '1');
    await rig.settle();
    rig.pass(90 * 86_400_000);
    await rig.settle();
    expect(shown()).toEqual({ 'ann-1': ['1', null], 'ann-2': ['0', null] });
    const before = await rig.count(`intent where mapping = 'target' and op = 'update'`);
    invoice('2', ann, '2026-01-31', '2');
    await rig.observe();
    expect(await rig.count('rollup_touched')).toBe(1);
    const { nextDue } = await rig.pipeline.claim({ mapping: 'person', fresh: crypto.randomUUID(), workflow: 'w' });
    expect(nextDue).toBeNull();
    await rig.settle();
    expect(shown()).toEqual({ 'ann-1': ['3', null], 'ann-2': ['0', null] });
    expect(await rig.count(`intent where mapping = 'target' and op = 'update'`)).toBe(before + 1);
  }));

test('an invoice that moves to another person, or month, or is gone, is taken off where it was', () =>
  inRig(
    async (rig, { person, target, invoice, shown }) => {
      const [ann, bob] = [person('Ann'), person('Bob')];
      target('ann-1', ann, ...JANUARY);
      target('ann-2', ann, ...FEBRUARY);
      target('bob-1', bob, ...JANUARY);
      const id = invoice('1', ann, '2026-01-10', '10');
      await rig.settle();
      rig.contacts.erp.people.edit(id, { seller: bob });
      await rig.settle();
      expect(shown()).toEqual({ 'ann-1': ['0', null], 'ann-2': ['0', null], 'bob-1': ['10', null] });
      rig.contacts.erp.people.edit(id, { seller: ann, day: '2026-02-10' });
      await rig.settle();
      expect(shown()).toEqual({ 'ann-1': ['0', null], 'ann-2': ['10', null], 'bob-1': ['0', null] });
      rig.contacts.erp.people.remove(id);
      await rig.settle();
      expect(shown()).toEqual({ 'ann-1': ['0', null], 'ann-2': ['0', null], 'bob-1': ['0', null] });
    },
    { manners: { erp: { deletes: 'in-feed' } } },
  ));

test('a credit note is taken off in the month of its own day', () =>
  inRig(async (rig, { person, target, invoice, shown }) => {
    const ann = person('Ann');
    target('ann-1', ann, ...JANUARY);
    target('ann-2', ann, ...FEBRUARY);
    invoice('1', ann, '2026-01-10', '10');
    invoice('2', ann, '2026-02-10', '10.5', { kind: 'CRN' });
    await rig.settle();
    expect(shown()).toEqual({ 'ann-1': ['10', null], 'ann-2': ['-10.5', null] });
  }));

test('another currency than the target has is never added to it, and is named beside it', () =>
  inRig(async (rig, { person, target, invoice, shown }) => {
    const ann = person('Ann');
    const id = target('ann-1', ann, ...JANUARY);
    target('none', ann, ...JANUARY, { currency: null });
    invoice('1', ann, '2026-01-10', '10');
    const dollars = invoice('2', ann, '2026-01-10', '300', { currency: 'USD' });
    invoice('3', ann, '2026-01-11', '12.5', { currency: 'CHF' });
    invoice('4', ann, '2026-01-12', '1', { currency: '' });
    await rig.settle();
    expect(shown()).toEqual({
      'ann-1': ['10', '1 XXX, 12.5 CHF, 300 USD'],
      none: ['0', '1 XXX, 10 EUR, 12.5 CHF, 300 USD'],
    });
    rig.systems.erp.people.edit(id, { currency: 'USD' });
    rig.contacts.erp.people.edit(dollars, { net: '301' });
    await rig.settle();
    expect(shown()['ann-1']).toEqual(['301', '1 XXX, 10 EUR, 12.5 CHF']);
  }));

test('a target that is given another period or person comes to what that one sold then; without a day, to nothing', () =>
  inRig(async (rig, { person, target, invoice, shown }) => {
    const [ann, bob] = [person('Ann'), person('Bob')];
    const id = target('t', ann, ...JANUARY);
    invoice('1', ann, '2026-01-10', '1');
    invoice('2', ann, '2026-02-10', '2');
    const third = invoice('3', bob, '2026-02-10', '4');
    await rig.settle();
    expect(shown()).toEqual({ t: ['1', null] });
    rig.systems.erp.people.edit(id, { last: '2026-03-31' });
    await rig.settle();
    expect(shown()).toEqual({ t: ['3', null] });
    rig.systems.erp.people.edit(id, { seller: bob });
    await rig.settle();
    expect(shown()).toEqual({ t: ['4', null] });
    rig.contacts.erp.people.edit(third, { net: '5' });
    await rig.settle();
    expect(shown()).toEqual({ t: ['5', null] });
    rig.systems.erp.people.edit(id, { first: '' });
    await rig.settle();
    expect(shown()).toEqual({ t: ['0', null] });
  }));
