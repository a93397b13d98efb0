import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { runCases } from '../../src/mapping/cases.ts';
import { compileMappings } from '../../src/mapping/compile.ts';
import { getPath, pathOf } from '../../src/mapping/path.ts';
import { problemLine } from '../../src/mapping/problem.ts';
import { settled, small, smallFiles, stateOf, sync, type World } from './kit.ts';

const LINES = (words = '') => ({
  text: `
lines:
  positions:
    crm: items
    erp: doc.positions
    key: number
    ${words}
    fields:
      number: { crm: no, erp: pos, flow: crm <-> erp, as: text, conflict: park }
      quantity: { crm: qty, erp: amount, flow: crm <-> erp, as: decimal, conflict: erp wins }
      note: { crm: note, erp: memo, flow: crm -> erp, as: text, max: { erp: 5 } }
`,
});
const CRM: JsonObject = {
  name: 'Order 1',
  items: [
    { no: '10', qty: 2, note: 'red' },
    { no: '20', qty: 5, note: null },
  ],
};
const agreed = (words?: string): World => settled(small('', LINES(words)), { crm: CRM, baseline: {} });
const planOf = (words: string | undefined, world: World) => small('', LINES(words)).plan(stateOf(world));
const without = (list: Json | undefined, key: string, value: string): Json =>
  (list as readonly JsonObject[]).filter((each) => each[key] !== value);

describe('a keyed collection', () => {
  test('is created with its record, element by element', () => {
    const plan = small('', LINES()).plan(stateOf({ crm: CRM, baseline: {} }));
    expect(plan.writes.erp?.data).toEqual({
      title: 'Order 1',
      doc: {
        positions: [
          { pos: '10', amount: 2, memo: 'red' },
          { pos: '20', amount: 5 },
        ],
      },
    });
  });

  test('agrees once both sides have it, and then nothing follows', () => {
    const world = agreed();
    const plan = planOf(undefined, world);
    expect(plan.writes).toEqual({});
    expect(plan.agreed).toEqual({});
    expect(plan.parked).toEqual([]);
  });

  test('is merged by key: an edit and a new element cross, each in its own direction, and order does not count', () => {
    const world = agreed();
    const plan = planOf(undefined, {
      ...world,
      crm: {
        ...CRM,
        items: [
          { no: '30', qty: 1 },
          { no: '20', qty: 5 },
          { no: '10', qty: 3, note: 'red' },
        ],
      },
      erp: {
        title: 'Order 1',
        doc: {
          positions: [
            { pos: '20', amount: 7 },
            { pos: '10', amount: 2, memo: 'red' },
          ],
        },
      },
    });
    expect(plan.writes.erp?.data).toEqual({
      doc: {
        positions: [
          { pos: '30', amount: 1 },
          { pos: '10', amount: 3 },
        ],
      },
    });
    expect(plan.writes.crm?.data).toEqual({ items: [{ no: '20', qty: 7 }] });
  });

  test('tells an element that was never agreed on from one that was taken away', () => {
    const world = agreed('on_missing: { to_crm: delete, to_erp: delete }');
    const plan = planOf('on_missing: { to_crm: delete, to_erp: delete }', {
      ...world,
      crm: { ...CRM, items: without(CRM['items'], 'no', '10') },
    });
    expect(plan.writes).toEqual({
      erp: expect.objectContaining({
        op: 'update',
        values: { 'doc.positions[pos=10]': null },
        data: { doc: { positions: [{ pos: '10', $removed: true }] } },
      }),
    });
  });

  test('forgets what was taken away, and what comes back later is new', () => {
    const mapping = small('', LINES('on_missing: { to_crm: delete, to_erp: delete }'));
    const world = agreed('on_missing: { to_crm: delete, to_erp: delete }');
    const shorter = sync(mapping, { ...world, crm: { ...CRM, items: without(CRM['items'], 'no', '10') } }).world;
    expect(shorter.erp).toEqual({ title: 'Order 1', doc: { positions: [{ pos: '20', amount: 5 }] } });
    expect(mapping.plan(stateOf(shorter)).writes).toEqual({});
    const again = sync(mapping, { ...shorter, crm: CRM }).world;
    expect(again.erp).toEqual({
      title: 'Order 1',
      doc: {
        positions: [
          { pos: '20', amount: 5 },
          { pos: '10', amount: 2, memo: 'red' },
        ],
      },
    });
  });

  test('parks an element that was taken away, unless told otherwise; a person’s answer decides', () => {
    const world = { ...agreed(), crm: { ...CRM, items: without(CRM['items'], 'no', '10') } };
    const plan = planOf(undefined, world);
    expect(plan.writes).toEqual({});
    expect(plan.parked).toEqual([
      expect.objectContaining({ field: 'positions[10].number', code: 'LINE_MISSING', crm: null, erp: '10' }),
    ]);
    const answer = (take: 'crm' | 'erp') =>
      planOf(undefined, {
        ...world,
        decisions: [{ field: 'positions[10].number', take, by: 'a person', seen: { crm: null, erp: '10' } }],
      }).writes;
    expect(answer('crm').erp?.values).toEqual({ 'doc.positions[pos=10]': null });
    expect(answer('erp').crm?.data).toEqual({ items: [{ no: '10', qty: 2 }] });
  });

  test('keeps what one side took away and the other changed for a person', () => {
    const plan = planOf('on_missing: { to_erp: delete }', {
      ...agreed(),
      crm: { ...CRM, items: without(CRM['items'], 'no', '10') },
      erp: {
        title: 'Order 1',
        doc: {
          positions: [
            { pos: '10', amount: 9, memo: 'red' },
            { pos: '20', amount: 5 },
          ],
        },
      },
    });
    expect(plan.writes).toEqual({});
    expect(plan.parked).toEqual([expect.objectContaining({ field: 'positions[10].number', code: 'CONFLICT' })]);
  });

  test('an element that was taken away goes, although the other side’s blanks in it mean something and were never agreed on', () => {
    const words = `      done: { crm: done, erp: ready, flow: crm <-> erp, as: flag, conflict: erp wins, with: { erp: { "X": true, "": false } } }\n`;
    const lines = { text: LINES('on_missing: { to_erp: delete, to_crm: delete }').text + words };
    const mapping = small('', lines);
    const baseline = Object.fromEntries(
      ['10', '20'].flatMap((key) => [
        [`positions[${key}].number`, { value: key, crm: key, erp: key }],
        [`positions[${key}].quantity`, { value: '2', crm: 2, erp: 2 }],
      ]),
    );
    const planFor = (ready: string) =>
      mapping.plan(
        stateOf({
          crm: { name: 'Order 1', items: [{ no: '10', qty: 2 }] },
          erp: {
            title: 'Order 1',
            doc: {
              positions: ['10', '20'].map((pos) => ({ pos, amount: 2, ready: pos === '20' ? ready : '' })),
            },
          },
          baseline: { ...baseline, name: { value: 'Order 1', crm: 'Order 1', erp: 'Order 1' } },
        }),
      );
    expect(planFor('').parked).toEqual([]);
    expect(planFor('').writes.erp?.values).toEqual({ 'doc.positions[pos=20]': null });
    // Somebody said something there: a person decides.
    expect(planFor('X').parked).toEqual([expect.objectContaining({ field: 'positions[20].number', code: 'CONFLICT' })]);
  });

  test('is left alone where a record does not show it at all', () => {
    const plan = planOf('on_missing: { to_erp: delete }', { ...agreed(), crm: { name: 'Order 1' } });
    expect(plan.writes).toEqual({});
    expect(plan.parked).toEqual([]);
  });

  test.each([
    [[{ no: '10' }, { no: '10' }], 'two elements of positions have the number "10"'],
    [[{ qty: 3 }], 'an element of positions has no number'],
    [[{ no: 'a]b' }], 'has a character that a key cannot have'],
    ['not a list', 'positions is no list'],
    [['text'], 'an element of positions is no record'],
  ])('that cannot be told apart parks with a sentence: %j', (items, said) => {
    const plan = planOf(undefined, { ...agreed(), crm: { ...CRM, name: 'Renamed', items: items as Json } });
    expect(plan.parked).toEqual([expect.objectContaining({ field: 'positions', code: 'LINE_KEY' })]);
    expect(plan.parked[0]?.message.toLowerCase()).toContain(said);
    expect(plan.writes.erp?.data).toEqual({ title: 'Renamed' });
  });

  test('one element that cannot cross keeps the record from being created without it, and only itself from being changed', () => {
    const long = { ...CRM, items: [{ no: '10', qty: 2, note: 'longer than five' }] };
    const create = planOf(undefined, { crm: long, baseline: {} });
    expect(create.writes).toEqual({});
    expect(create.parked).toEqual([expect.objectContaining({ field: 'positions[10].note', code: 'TOO_LONG' })]);
    const update = planOf(undefined, {
      ...agreed(),
      crm: {
        ...CRM,
        items: [
          { no: '10', qty: 4, note: 'longer than five' },
          { no: '20', qty: 5 },
        ],
      },
    });
    expect(update.writes.erp?.data).toEqual({ doc: { positions: [{ pos: '10', amount: 4 }] } });
  });

  test('marked whole crosses with all of its elements or not at all', () => {
    const plan = planOf('whole: true', {
      ...agreed('whole: true'),
      crm: {
        name: 'Renamed',
        items: [
          { no: '10', qty: 4, note: 'longer than five' },
          { no: '20', qty: 6 },
        ],
      },
    });
    expect(plan.writes).toEqual({});
    expect(plan.parked.map(({ code }) => code)).toEqual(['TOO_LONG']);
  });

  test('keeps of its elements what is mapped, and their ids', () => {
    const kept = small('', LINES()).project('crm', {
      name: 'x',
      other: 1,
      items: [{ no: '10', id: 7, qty: 1, secret: 's' }],
    });
    expect(kept).toEqual({ name: 'x', items: [{ no: '10', id: 7, qty: 1 }] });
  });

  test('leaves what a path of the record reads in one of its elements, beside what the elements keep', () => {
    const more = `
  colour: { crm: "items[no=10].look.colour", erp: colour, flow: crm -> erp, as: text }
  first: { crm: "items[role=first].qty", erp: first, flow: crm -> erp, as: decimal }
  ours: { crm: ours, erp: "doc.positions[pos=10].sale", flow: crm <- erp, as: text }`;
    const mapping = small(more, LINES());
    const items = [
      { no: '10', id: 7, qty: 1, look: { colour: 'red', size: 'L' }, secret: 's' },
      { no: '20', role: 'first', qty: 2, look: { colour: 'blue' } },
    ];
    expect(mapping.project('crm', { name: 'x', items })).toEqual({
      name: 'x',
      items: [
        { no: '10', id: 7, qty: 1, look: { colour: 'red' } },
        { no: '20', role: 'first', qty: 2 },
      ],
    });
    const plan = mapping.plan(stateOf({ crm: mapping.project('crm', { name: 'x', items }), baseline: {} }));
    expect(plan.writes.erp?.data).toMatchObject({ colour: 'red', first: 2 });
    const positions = [
      { pos: '20', sale: 'S2' },
      { pos: '10', sale: 'S1', amount: 1 },
    ];
    expect(mapping.project('erp', { title: 'x', doc: { positions } })).toEqual({
      title: 'x',
      doc: { positions: [{ pos: '20' }, { pos: '10', sale: 'S1', amount: 1 }] },
    });
  });

  test('is kept whole where the record itself keeps what holds it, and the observed body stays as it was', () => {
    const mapping = small('  all: { crm: all, erp: doc, flow: crm <- erp, as: text }', LINES());
    const body = { title: 'x', doc: { positions: [{ pos: '10', amount: 1, sale: 'S1' }] } };
    const before = structuredClone(body);
    expect(mapping.project('erp', body)).toEqual(before);
    expect(body).toEqual(before);
  });

  test('shows which of what was sent stands there', () => {
    const sent = {
      'doc.positions[pos=10].amount': 2,
      'doc.positions[pos=20].amount': 4,
      'doc.positions[pos=30].amount': 1,
    };
    const shown = {
      title: 'x',
      doc: {
        positions: [
          { pos: '10', amount: '2.0' },
          { pos: '20', amount: 5 },
        ],
      },
    };
    expect(small('', LINES()).standing('erp', sent, shown)).toEqual({
      'positions[10].quantity': ['doc.positions[pos=10].amount'],
    });
  });

  test('is confirmed only as far as the target shows it', () => {
    const mapping = small('', LINES());
    const plan = mapping.plan(stateOf({ crm: CRM, baseline: {} }));
    const shown = { title: 'Order 1', doc: { positions: [{ pos: '10', amount: 3, memo: 'red' }] } };
    const entries = mapping.agreedAfter('erp', plan.intended, shown);
    expect(Object.keys(entries).sort()).toEqual(['name', 'positions[10].note', 'positions[10].number']);
  });
});

test('two thousand elements go there and back exactly, and each edit finds its own', () => {
  const mapping = small('', LINES('on_missing: { to_crm: delete, to_erp: delete }'));
  const line = (n: number): JsonObject => ({ no: `${n}`, qty: n, note: null });
  const all = Array.from({ length: 2_000 }, (_, n) => line(n));
  const first = settled(mapping, { crm: { name: 'BOM', items: all }, baseline: {} });
  expect(first.erp).toEqual({
    title: 'BOM',
    doc: { positions: all.map(({ no, qty }) => ({ pos: no, amount: qty })) },
  });
  const later = all.flatMap((each, n) => (n % 100 === 7 ? [] : n % 100 === 8 ? [{ ...each, qty: n + 1 }] : [each]));
  const { world, plan } = sync(mapping, { ...first, crm: { name: 'BOM', items: later } });
  expect(Object.keys(plan.writes.erp?.values ?? {})).toHaveLength(20 + 20 * 2);
  expect(world.erp).toEqual({
    title: 'BOM',
    doc: { positions: later.map(({ no, qty }) => ({ pos: no, amount: qty })) },
  });
  expect(mapping.plan(stateOf(world)).writes).toEqual({});
});

const item = fc.record(
  {
    no: fc.constantFrom('1', '2', '3', '4'),
    qty: fc.integer({ min: 0, max: 3 }),
    note: fc.constantFrom('a', 'b', null),
  },
  { requiredKeys: ['no'] },
);
const items = fc.uniqueArray(item, { selector: ({ no }) => no, maxLength: 4 });
const positions = items.map((list) =>
  list.map(({ no, qty, note }) => ({
    pos: no,
    ...(qty === undefined ? {} : { amount: qty }),
    ...(note === undefined ? {} : { memo: note }),
  })),
);
const POLICIES = ['delete', 'keep', 'park'] as const;

describe.each(POLICIES)('on generated lists, with on_missing %s', (policy) => {
  const mapping = small('', LINES(`on_missing: { to_crm: ${policy}, to_erp: ${policy} }`));
  const worlds = fc.tuple(items, positions, items, positions);
  const worldOf = (crm: Json, erp: Json): World => ({
    crm: { name: 'n', items: crm },
    erp: { title: 'n', doc: { positions: erp } },
    baseline: {},
  });

  test('a second sync writes nothing', () => {
    fc.assert(
      fc.property(worlds, ([crm, erp, laterCrm, laterErp]) => {
        const first = settled(mapping, worldOf(crm as Json, erp as Json));
        expect(mapping.plan(stateOf(first)).writes).toEqual({});
        const later = {
          ...first,
          crm: { name: 'n', items: laterCrm as Json },
          erp: { title: 'n', doc: { positions: laterErp as Json } },
        };
        // As with a new record, what a new element says at both sides is agreed on in the round after it was made.
        const plan = mapping.plan(stateOf(sync(mapping, settled(mapping, later)).world));
        expect(plan.writes).toEqual({});
        expect(plan.agreed).toEqual({});
      }),
      { numRuns: 500 },
    );
  });

  test('nothing that only one side says is lost without being asked for', () => {
    fc.assert(
      fc.property(worlds, ([crm, erp]) => {
        const first = settled(mapping, worldOf(crm as Json, erp as Json));
        const keys = (list: Json | undefined, key: string) =>
          (list as readonly JsonObject[]).map((each) => each[key]).sort();
        const all = [...new Set([...crm.map(({ no }) => no), ...erp.map(({ pos }) => pos)])].sort();
        expect(keys(first.crm?.['items'], 'no')).toEqual(all);
        expect(keys(getPath(first.erp ?? {}, pathOf('doc.positions')), 'pos')).toEqual(all);
      }),
      { numRuns: 300 },
    );
  });
});

describe('lint of a collection', () => {
  const problems = (find: string, put: string): readonly string[] => {
    const files = smallFiles('', LINES('on_missing: { to_crm: delete }'));
    const text = files['mappings/small.yaml'] ?? '';
    if (!text.includes(find)) throw new Error(`the mapping does not say ${find}`);
    return compileMappings({ 'mappings/small.yaml': text.replace(find, put) }).problems.map(problemLine);
  };

  test.each([
    [
      'key: number',
      'key: nummer',
      ':11:10 line-key-unmapped positions: elements are told apart by "nummer", which is no field of it. Did you mean "number"?',
    ],
    [
      'crm: no,',
      'crm: a.no,',
      ':14:22 line-key-unmapped positions: the key "number" is not one plain column of an element in the CRM. Name one column without dots or brackets.',
    ],
    [
      'erp: doc.positions',
      'erp: "doc[kind=x]"',
      ':10:10 line-list positions: "doc[kind=x]" selects one element and is no list. Name the list without a selector.',
    ],
    [
      'erp: doc.positions',
      'erp: title',
      'target-written-twice positions: name writes "title" in the ERP too. Let one line write it.',
    ],
    ['crm: items', 'crm: note', 'unused'],
    [
      'as: decimal, conflict: erp wins',
      'as: decimal',
      ':15:42 conflict-missing quantity: flows both ways, so say who wins. Add `conflict:` (crm wins, erp wins, newest wins or park).',
    ],
    [
      'erp: memo',
      'erp: amount',
      'target-written-twice note: quantity writes "amount" in the ERP too. Let one line write it.',
    ],
    [
      'flow: crm <-> erp, as: text, conflict: park',
      'flow: crm -> erp, as: text',
      'on-missing-never-used positions: its key never flows to the CRM; what is taken away there is put back. Remove it, or let the key flow both ways.',
    ],
    [
      '  positions:\n    crm',
      '  name:\n    crm',
      'name-taken "name" is the name of a field as well. Rename one of them.',
    ],
  ])('%s → %s', (find, put, said) => {
    const found = problems(find, put);
    if (said === 'unused') expect(found).toEqual([]);
    else expect(found).toEqual([expect.stringContaining(said)]);
  });
});

test('a case names the elements that were agreed on, and every field of a collection wants a case', () => {
  const report = runCases({
    ...smallFiles('', LINES()),
    'mappings/small.test.yaml': `mapping: small
cases:
  - name: an edited quantity crosses
    base: { positions: [{ number: "10", quantity: 2 }] }
    crm: { items: [{ no: "10", qty: 3 }] }
    erp: { doc: { positions: [{ pos: "10", amount: 2 }] } }
    expect: { to_erp: { doc: { positions: [{ pos: "10", amount: 3 }] } } }
  - name: a misspelled field is said
    base: { positions: [{ number: "10", quantty: 2 }] }
    expect: nothing
  - name: a line that is gone is parked
    base: { positions: [{ number: "10" }], name: x }
    crm: { name: x, items: [] }
    erp: { title: x, doc: { positions: [{ pos: "10" }] } }
    expect: { parked: { "positions[10].number": LINE_MISSING } }
`,
  });
  expect(report.results.map(({ differences }) => differences)).toEqual([[], [], []]);
  expect(report.problems.map(problemLine)).toEqual([
    expect.stringContaining('bad-value positions: "quantty" is no field of positions'),
    expect.stringContaining('untested-field positions.note: no case tests it'),
  ]);
});
