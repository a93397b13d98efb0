import { expect, test } from 'vitest';
import type { Doc } from '../kit/json.ts';
import { judge } from './judge.ts';
import { CUSTOMER_RULES } from './rules.ts';
import type { Commit, ParkedItem, Side, SystemView } from './words.ts';

const ACCOUNT: Doc = {
  id: 'A-1',
  name: 'Acme',
  kind: 'Customer',
  vat_number: 'DE1',
  phone: '+49301',
  on_hold: false,
  erp_number: 'P-1',
  billing: { country: 'DE' },
};
const PARTNER: Doc = {
  number: 'P-1',
  organization_name: 'Acme',
  search_term: 'ACME',
  grouping: 'Z001',
  tax_number: 'DE1',
  contact: { phone: '+49301' },
  blocked: '',
  addresses: [{ use: 'bill-to', country: 'DE' }],
};
const START = Date.parse('2026-03-01T10:00:00Z');
const after = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

type Step = readonly [side: Side, seconds: number, actor: string, changes: Doc, unanswered?: boolean];

/** One linked pair, and what happened to it. */
const aStory = (
  steps: readonly Step[],
  more: { readonly parked?: readonly ParkedItem[]; readonly interruptions?: readonly number[] } = {},
) => {
  const docs: Record<Side, Doc> = {
    crm: { ...ACCOUNT, modified_at: after(0) },
    erp: { ...PARTNER, changed_at: after(0) },
  };
  const commits: Record<Side, Commit[]> = { crm: [], erp: [] };
  const enter = (side: Side, at: string, actor: string, op: Commit['op'], unanswered: boolean): void => {
    const id = side === 'crm' ? 'A-1' : 'P-1';
    const record = CUSTOMER_RULES.sides[side].record;
    commits[side].push({ seq: commits[side].length + 1, at, actor, op, record, id, after: docs[side], unanswered });
  };
  docs.crm = { ...docs.crm, erp_number: null };
  for (const side of ['crm', 'erp'] as const) enter(side, after(0), 'seed', 'create', false);
  docs.crm = { ...docs.crm, erp_number: 'P-1', modified_at: after(1) };
  enter('crm', after(1), 'tally', 'update', false);
  for (const [side, seconds, actor, changes, unanswered = false] of steps) {
    docs[side] = { ...docs[side], ...changes, [CUSTOMER_RULES.sides[side].stamp]: after(seconds) };
    enter(side, after(seconds), actor, 'update', unanswered);
  }
  const view = (side: Side): SystemView => ({ state: [docs[side]], commits: commits[side] });
  return judge({ crm: view('crm'), erp: view('erp'), parked: more.parked ?? [], rules: CUSTOMER_RULES, ...more });
};
const phone = (digits: string): Doc => ({ contact: { phone: digits } });
const reasons = (verdict: ReturnType<typeof judge>): readonly string[] =>
  verdict.findings.map((finding) => `${finding.kind} ${finding.field}: ${finding.reason}`);

test('the newer of two edits may win, the older may not', () => {
  const edits: readonly Step[] = [
    ['crm', 10, 'people', { phone: '+49302' }],
    ['erp', 20, 'people', phone('+49303')],
  ];
  expect(reasons(aStory([...edits, ['crm', 30, 'tally', { phone: '+49303' }]]))).toEqual([]);
  expect(reasons(aStory([...edits, ['erp', 30, 'tally', phone('+49302')]]))).toEqual([
    'lost phone: a newer edit was overwritten by an older one',
  ]);
});

test('of two edits at the same moment either may win, and parking them is right', () => {
  const edits: readonly Step[] = [
    ['crm', 10, 'people', { phone: '+49302' }],
    ['erp', 11, 'people', phone('+49303')],
  ];
  const parked = [{ crm: 'A-1', erp: 'P-1', field: 'phone', code: 'CONFLICT' }];
  expect(reasons(aStory(edits, { parked }))).toEqual([]);
  expect(reasons(aStory(edits))).toEqual(['unexplained phone: the two sides differ in the end']);
  for (const step of [
    ['crm', 30, 'tally', { phone: '+49303' }],
    ['erp', 30, 'tally', phone('+49302')],
  ] as const) {
    expect(reasons(aStory([...edits, step]))).toEqual([]);
  }
});

test('a quiet edit has the old date, so it is beaten by whatever is newer', () => {
  const story: readonly Step[] = [
    ['erp', 10, 'people', phone('+49303')],
    ['crm', 20, 'people', { phone: '+49302', modified_at: after(1) }],
  ];
  expect(reasons(aStory([...story, ['crm', 30, 'tally', { phone: '+49303' }]]))).toEqual([
    'lost phone: a newer edit was overwritten by an older one',
  ]);
});

test('an edit made over a write whose answer was lost may be taken for a conflict, one over a certain write may not', () => {
  const story = (unanswered: boolean): readonly Step[] => [
    ['crm', 10, 'people', { name: 'New', phone: '+49301' }],
    ['erp', 20, 'tally', { organization_name: 'New', search_term: 'NEW' }, unanswered],
    ['erp', 21, 'people', { organization_name: 'Newer' }],
    ['erp', 22, 'tally', { organization_name: 'New' }],
  ];
  expect(reasons(aStory(story(true)))).toEqual([]);
  expect(reasons(aStory(story(false)))).toEqual([
    'lost name: an edit was overwritten, though the other side was not edited since',
  ]);
  expect(reasons(aStory(story(false), { interruptions: [START + 20_500] }))).toEqual([]);
});

test('an edit that returned to the value agreed on may pass for no change', () => {
  const story: readonly Step[] = [
    ['crm', 10, 'people', { name: 'Other' }],
    ['crm', 11, 'people', { name: 'Acme' }],
    ['erp', 12, 'people', { organization_name: 'Theirs', search_term: 'THEIRS' }],
    ['crm', 20, 'tally', { name: 'Theirs' }],
  ];
  expect(reasons(aStory(story))).toEqual([]);
});

test('emptying a field that clears is carried over, emptying another is filled again', () => {
  expect(
    reasons(
      aStory([
        ['crm', 10, 'people', { phone: null }],
        ['erp', 20, 'tally', phone('')],
      ]),
    ),
  ).toEqual([]);
  expect(
    reasons(
      aStory([
        ['crm', 10, 'people', { phone: null }],
        ['crm', 20, 'tally', { phone: '+49301' }],
      ]),
    ),
  ).toEqual(['lost phone: an edit was overwritten, though the other side was not edited since']);
  expect(
    reasons(
      aStory([
        ['crm', 10, 'people', { name: '' }],
        ['crm', 20, 'tally', { name: 'Acme' }],
      ]),
    ),
  ).toEqual([]);
});

test('an edit at the target of a one-way field stays, is put back or is reported, as its rule says', () => {
  expect(reasons(aStory([['erp', 10, 'people', { search_term: 'OWN' }]]))).toEqual([]);
  expect(
    reasons(
      aStory([
        ['erp', 10, 'people', { search_term: 'OWN' }],
        ['erp', 20, 'tally', { search_term: 'ACME' }],
      ]),
    ),
  ).toEqual(['lost search term: an edit at the target was put back, though the rule is keep']);
  expect(reasons(aStory([['crm', 10, 'people', { on_hold: true }]]))).toEqual([]);
  const limited: Step = ['erp', 5, 'people', { credit_limit: 100 }];
  expect(
    reasons(aStory([limited, ['crm', 6, 'tally', { credit_limit: 100 }], ['crm', 10, 'people', { credit_limit: 5 }]])),
  ).toHaveLength(1);
});

test('a field that flaps may be parked, one that moved once may not', () => {
  const parked = [{ crm: 'A-1', erp: 'P-1', field: 'phone', code: 'FLAPPING' }];
  const flaps = Array.from({ length: 5 }, (_, nth): readonly Step[] => [
    ['crm', 10 * nth + 10, 'people', { phone: nth % 2 === 0 ? '+49302' : '+49301' }],
    ['erp', 10 * nth + 15, 'tally', phone(nth % 2 === 0 ? '+49302' : '+49301')],
  ]).flat();
  expect(reasons(aStory(flaps, { parked }))).toEqual([]);
  expect(reasons(aStory(flaps.slice(0, 2), { parked }))).toEqual([
    'unexplained phone: parked as FLAPPING without need',
  ]);
});

test('a system without a ledger is judged by its present state', () => {
  const crm: SystemView = { state: [{ ...ACCOUNT }] };
  const verdict = (partner: Doc, parked: readonly ParkedItem[] = []) =>
    judge({ crm, erp: { state: [partner] }, parked, rules: CUSTOMER_RULES });
  expect(reasons(verdict(PARTNER))).toEqual([]);
  expect(reasons(verdict({ ...PARTNER, organization_name: 'Other' }))).toEqual([
    'unexplained name: the two sides differ in the end',
  ]);
  const parked = [{ crm: 'A-1', field: 'tax id', code: 'CONFLICT' }];
  expect(reasons(verdict({ ...PARTNER, tax_number: 'DE2' }, parked))).toEqual([]);
});

test('two records that never had a key in common may not be linked', () => {
  const stranger = { organization_name: 'Acme', tax_number: 'DE2' };
  const states = {
    crm: { ...ACCOUNT, modified_at: after(0) },
    erp: { ...PARTNER, ...stranger, changed_at: after(0) },
  };
  const seeded = (side: Side, record: string, id: string): SystemView => ({
    state: [states[side]],
    commits: [{ seq: 1, at: after(0), actor: 'seed', op: 'create', record, id, after: states[side] }],
  });
  const [crm, erp] = [seeded('crm', 'account', 'A-1'), seeded('erp', 'partner', 'P-1')];
  const verdict = judge({ crm, erp, parked: [], rules: CUSTOMER_RULES });
  expect(reasons(verdict)).toContain('unexplained : linked without a key that both ever had');
});
