import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type JsonObject, sameJson, stringifyJson } from '../../src/domain/json.ts';
import { SIDES } from '../../src/domain/record.ts';
import { Fault } from '../../src/mapping/fault.ts';
import { nativeOf } from '../../src/mapping/field.ts';
import type { CompiledMapping } from '../../src/mapping/mapping.ts';
import { compiledOf, edited, settled, shippedFiles, small, smallFiles, stateOf, sync } from './kit.ts';
import { bodyOf, editsOf, worldOf } from './records.ts';

const RUNS = 1_000;

const EVERY_WORD = `
  word: { crm: a.word, erp: b.word, flow: crm <-> erp, as: text, conflict: erp wins, empty: clear, max: { erp: 30 } }
  shout: { crm: a.word, erp: b.shout, flow: crm -> erp, as: upper text, max: { erp: 10 }, too_long: cut, drift: keep }
  amount: { crm: a.amount, erp: b.amount, flow: crm <-> erp, as: decimal, with: { crm: { as: text } }, conflict: newest wins, empty: clear }
  count: { crm: a.count, erp: b.count, flow: crm <-> erp, as: integer, conflict: park }
  day: { crm: a.day, erp: b.day, flow: crm <-> erp, as: date, conflict: crm wins }
  moment: { crm: a.moment, erp: b.moment, flow: crm <-> erp, as: instant, conflict: erp wins, empty: clear }
  land: { crm: a.land, erp: b.land, flow: crm <-> erp, as: country, conflict: newest wins, default: { to_erp: DE, to_crm: NO } }
  tongue: { crm: a.tongue, erp: b.tongue, flow: crm <-> erp, as: language, with: { erp: upper }, conflict: newest wins }
  call: { crm: a.call, erp: "ways[type=phone].value", flow: crm <-> erp, as: phone, with: { country: DE }, conflict: newest wins, empty: clear }
  hold: { crm: a.hold, erp: b.hold, flow: crm <-> erp, as: flag, with: { erp: { "X": true, "": false } }, conflict: crm wins }
  mail: { crm: a.mail, erp: "ways[type=email].value", flow: crm <-> erp, as: email, conflict: park }
  tax: { crm: a.tax, erp: b.tax, flow: crm <-> erp, as: tax id, conflict: park }
  site: { crm: a.site, erp: b.site, flow: crm <-> erp, as: url, conflict: crm wins }
  person: { crm: [a.first, a.last], erp: b.person, flow: crm <-> erp, as: join, with: { split: last }, conflict: erp wins, empty: clear }
  terms: { crm: a.terms, erp: b.terms, flow: crm <-> erp, lookup: terms, conflict: erp wins, empty: clear }
  limit: { crm: a.limit, erp: b.limit, flow: crm <- erp, as: decimal, drift: restore, empty: clear }
  block: { crm: a.block, erp: b.block, flow: crm <- erp, as: flag, drift: report }
  kind: { crm: a.kind, erp: b.kind, flow: crm -> erp, as: text, create_only: true, default: { to_erp: Z1 } }
`;
const TERMS = `lookup: terms
revision: 1
summary: Terms for tests.
rows:
  - { crm: Due on receipt, erp: ZB00 }
  - { crm: Prepaid, erp: ZB00, flow: crm -> erp }
  - { crm: Net 30, erp: ZB30 }
unmatched: { to_erp: park, to_crm: park }
`;
const everyFiles = {
  ...smallFiles(EVERY_WORD, {
    text: 'constants: [{ erp: b.category, value: "2" }, { crm: a.origin, value: ERP, create_only: true }]',
  }),
  'mappings/lookups/terms.yaml': TERMS,
};

const subjects = (): readonly (readonly [string, CompiledMapping, Readonly<Record<string, string>>])[] => {
  const files = shippedFiles();
  return [
    ...[...compiledOf(files)].map(([name, mapping]) => [name, mapping, files] as const),
    ['every word of the language', [...compiledOf(everyFiles).values()][0] as CompiledMapping, everyFiles] as const,
  ];
};

describe.each(subjects())('%s, on generated records', (_name, mapping, files) => {
  test('a second sync writes nothing', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(worldOf(mapping, files), editsOf(mapping, files), (world, edits) => {
        const first = settled(mapping, world);
        expect(mapping.plan(stateOf(first)).writes).toEqual({});
        const second = settled(mapping, edited(first, edits));
        const plan = mapping.plan(stateOf(second));
        expect(plan.writes).toEqual({});
        expect(plan.agreed).toEqual({});
      }),
      { numRuns: RUNS },
    );
  });

  test('what we wrote is what we read back', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(worldOf(mapping, files), editsOf(mapping, files), (world, edits) => {
        const { plan, world: after } = sync(mapping, edited(settled(mapping, world), edits));
        for (const side of SIDES) {
          for (const name of plan.writes[side]?.fields ?? []) {
            const field = mapping.fields.find((each) => each.name === name);
            const body = after[side];
            if (field === undefined || body === undefined) throw new Error('a write without a field or a record');
            const said = field[side].decode(nativeOf(field[side], body));
            const line = plan.fields.find((each) => each.field === name);
            // A lookup with one-way rows and a cut text read back as what they are rendered as.
            const rendered = nativeOf(field[side], {}, plan.writes[side]?.values);
            if (line?.cut === undefined && field.flow === 'both' && !field.translation.startsWith('lookup'))
              expect(said).toEqual(line?.value);
            else expect(said).toEqual(field[side].decode(rendered));
            // A default is agreed on only when it has returned to its source.
            if (plan.intended[name] !== undefined) expect(after.baseline[name]).toBeDefined();
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('what is not mapped keeps its bytes', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(worldOf(mapping, files), editsOf(mapping, files), (world, edits) => {
        const before = edited(settled(mapping, world), edits);
        const { plan, world: after } = sync(mapping, before);
        for (const side of SIDES) {
          const mapped = new Set([
            ...mapping.fields
              .filter((field) => field.flow === 'both' || field.flow === side)
              .flatMap((field) => field[side].texts),
            ...(mapping.definition.constants ?? []).flatMap((constant) => constant[side] ?? []),
          ]);
          for (const path of Object.keys(plan.writes[side]?.values ?? {})) expect(mapped).toContain(path);
          for (const key of ['note', 'custom'])
            expect(stringifyJson(after[side]?.[key])).toBe(stringifyJson(before[side]?.[key]));
          const addresses = (body: JsonObject | undefined): string =>
            stringifyJson(
              (body?.['addresses'] as readonly JsonObject[] | undefined)?.filter?.(
                (item) => item?.['use'] === 'ship-to',
              ),
            );
          if (before[side] !== undefined && Array.isArray(before[side]['addresses']))
            expect(addresses(after[side])).toBe(addresses(before[side]));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('nothing throws, and every field is decided exactly once with a reason', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(worldOf(mapping, files), editsOf(mapping, files), (world, edits) => {
        const state = stateOf(edited(settled(mapping, world), edits));
        const plan = mapping.plan(state);
        const names = mapping.fields.map(({ name }) => name);
        const decided = plan.fields.map(({ field }) => field);
        // A path into a list makes elements of it, whose fields follow those of the record itself.
        const lists = Object.keys(mapping.definition.lines ?? {}).map((list) => `${list}[`);
        if (state.crm !== undefined || state.erp !== undefined) expect(decided.slice(0, names.length)).toEqual(names);
        for (const field of decided.slice(names.length))
          expect(
            lists.some((list) => field.startsWith(list)),
            field,
          ).toBe(true);
        expect(new Set(decided).size).toBe(decided.length);
        for (const line of plan.fields) expect(line.reason).toMatch(/\S/);
        for (const side of SIDES) {
          const body = state[side]?.body;
          if (body === undefined) continue;
          for (const { key } of mapping.identityKeys(side, body)) expect(key === null || key.isWellFormed()).toBe(true);
          const kept = mapping.project(side, body);
          expect(mapping.paths(side, kept)).toEqual(mapping.paths(side, body));
          expect(mapping.project(side, kept)).toEqual(kept);
          expect(mapping.label(side, body).isWellFormed()).toBe(true);
          expect(typeof mapping.included(side, body)).toBe('boolean');
          mapping.feedback(side, { state: 'parked', id: '\ud800\u0000', reason: 'x'.repeat(1_000) }, body);
          // A plan on what the ledger keeps is the plan on the whole record.
          expect(mapping.plan({ ...state, [side]: { ...state[side], body: kept } })).toEqual(plan);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('the same input gives the same plan, and planning changes nothing in it', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(worldOf(mapping, files), editsOf(mapping, files), (world, edits) => {
        const state = stateOf(edited(settled(mapping, world), edits));
        const before = stringifyJson(state);
        const plan = mapping.plan(state);
        expect(mapping.plan(state)).toEqual(plan);
        expect(stringifyJson(state)).toBe(before);
      }),
      { numRuns: 300 },
    );
  });

  test('a parked field is written nowhere', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(worldOf(mapping, files), editsOf(mapping, files), (world, edits) => {
        const plan = mapping.plan(stateOf(edited(settled(mapping, world), edits)));
        const written = SIDES.flatMap((side) => plan.writes[side]?.fields ?? []);
        for (const { field } of plan.parked) {
          expect(written).not.toContain(field);
          expect(plan.agreed[field]).toBeUndefined();
          expect(plan.intended[field]).toBeUndefined();
        }
      }),
      { numRuns: 500 },
    );
  });

  test('canonical values are canonical: rendering and reading one again gives the same', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(bodyOf(mapping, files, 'crm'), bodyOf(mapping, files, 'erp'), (crm, erp) => {
        for (const field of mapping.fields) {
          for (const [side, body] of [
            ['crm', crm],
            ['erp', erp],
          ] as const) {
            const value = field[side].decode(nativeOf(field[side], body));
            if (value === null || value instanceof Fault) continue;
            const native = field[side].encode(value);
            if (native instanceof Fault) continue;
            const again = field[side].decode(native);
            if (!field.translation.startsWith('lookup')) expect(again).toEqual(value);
            else if (!(again instanceof Fault)) expect(field[side].encode(again)).toEqual(native);
          }
        }
      }),
      { numRuns: RUNS },
    );
  });
});

describe('the rule of renderings', () => {
  const settles = (mutation?: 'canonical-compare') => {
    const mapping = [
      ...compiledOf(everyFiles, mutation === undefined ? {} : { mutation }).values(),
    ][0] as CompiledMapping;
    return fc.check(
      fc.property(worldOf(mapping, everyFiles), editsOf(mapping, everyFiles), (world, edits) => {
        const first = settled(mapping, world);
        const second = settled(mapping, edited(first, edits));
        return sameJson(mapping.plan(stateOf(second)).writes as JsonObject, {});
      }),
      { numRuns: 2_000, seed: 7 },
    );
  };

  test('with it a second sync writes nothing', () => {
    expect(settles().failed).toBe(false);
  });

  test('without it, comparing canonical values instead, a second sync does write', () => {
    expect(settles('canonical-compare').failed).toBe(true);
  });

  test('a target that rounds is left in peace', () => {
    const mapping = small('  price: { crm: price, erp: price, flow: crm <-> erp, as: decimal, conflict: crm wins }');
    const rounding = (body: JsonObject, side: 'crm' | 'erp'): JsonObject =>
      side === 'erp' ? { ...body, price: Math.round(Number(body['price']) * 100) / 100 } : body;
    const first = sync(
      mapping,
      { crm: { name: 'A', price: '1.005' }, erp: { title: 'A', price: 1 }, baseline: {} },
      rounding,
    );
    expect(first.world.erp).toEqual({ title: 'A', price: 1 });
    expect(first.world.baseline['price']).toEqual({ value: '1.005', crm: '1.005', erp: 1 });
    expect(sync(mapping, first.world, rounding).plan.writes).toEqual({});
  });
});
