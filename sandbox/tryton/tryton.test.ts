import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { agrees } from '../checker/verdict.ts';
import type { Commit, Verdict } from '../checker/words.ts';
import type { Doc } from '../kit/json.ts';
import { business, knownVat, shares, vatNumber } from './businesses.ts';
import { judgeTryton } from './checker.ts';
import { once } from './parts.ts';
import type { Edit } from './people.ts';
import { twinOf } from './twins.ts';

describe('made-up businesses', () => {
  const many = Array.from({ length: 2_000 }, (_, index) => business(7, index));
  test('are the same for the same seed, and no two of them share a name or a tax id', () => {
    expect(business(7, 123)).toEqual(many[123]);
    expect(new Set(many.map(({ name }) => name.toLowerCase())).size).toBe(many.length);
    const taxIds = many.flatMap(({ vat }) => (vat === undefined ? [] : [vat]));
    expect(new Set(taxIds).size).toBe(taxIds.length);
    expect(taxIds.length).toBeGreaterThan(500);
  });

  test('have tax ids whose check digits are right, and one wrong digit shows', () => {
    for (const { vat } of many) {
      if (vat === undefined) continue;
      expect(knownVat(vat)).toBe(true);
      expect(knownVat(`${vat.slice(0, -1)}${(Number(vat.at(-1)) + 1) % 10}`)).toBe(false);
    }
    // Published examples of valid numbers.
    expect([knownVat('DE136695976'), knownVat('BE0403019261'), knownVat('DE136695978')]).toEqual([true, true, false]);
    expect(vatNumber('US', 1)).toBeUndefined();
  });

  test('make up two thousand with what the CRM adds to Tryton’s share', () => {
    expect(shares(2_000)).toEqual({ tryton: 1_200, twins: 400 });
  });
});

const party = (over: Partial<Record<string, unknown>> = {}): Doc =>
  ({
    id: '7',
    name: 'Adler Netze 7 GmbH',
    customer: true,
    language: 'de',
    payment_term: 'Direct',
    street: 'Türenstraße 1',
    postal_code: '50667',
    city: 'Köln',
    country: 'DE',
    email: 'office7@customer.example',
    phone: '+49 221 400007',
    tax_number: vatNumber('DE', 7) ?? '',
    keys: [],
    maker: 1,
    changed_at: '2026-01-01T00:00:00.000Z',
    ...over,
  }) as Doc;

describe('a twin', () => {
  const plain = (text: unknown): string => String(text).normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
  test.each(Array.from({ length: 10 }, (_, at) => at))('number %i is recognised by its tax id', (at) => {
    const twin = twinOf(party(), at);
    expect(String(twin['vat_number']).toUpperCase().replace(/\s/g, '')).toBe(vatNumber('DE', 7));
  });
  test.each(Array.from({ length: 10 }, (_, at) => at))(
    'number %i without one is recognised by name and postal code',
    (at) => {
      const twin = twinOf(party({ tax_number: null }), at);
      expect([plain(twin['name']), (twin['billing'] as Doc)['postal_code']]).toEqual([
        plain('Adler Netze 7 GmbH'),
        '50667',
      ]);
    },
  );
  test('is spelled in more than one way', () => {
    expect(new Set(Array.from({ length: 10 }, (_, at) => twinOf(party(), at)['name'])).size).toBeGreaterThan(3);
  });
});

describe('the checker of the CRM and Tryton', () => {
  const account = (over: Partial<Record<string, unknown>> = {}): Doc =>
    ({
      id: 'A-000001',
      external_id: 'twin-7',
      name: 'Adler Netze 7 GmbH',
      kind: 'Customer',
      vat_number: vatNumber('DE', 7) ?? '',
      phone: '+49221400007',
      email: 'office7@customer.example',
      language: 'de',
      payment_terms: 'Prepaid',
      billing: { street: 'Türenstraße 1', postal_code: '50667', city: 'Köln', country: 'de' },
      erp_number: '7',
      modified_at: '2026-01-01T00:00:00Z',
      ...over,
    }) as Doc;
  const LATER = Date.parse('2026-01-02T00:00:00Z');
  const commit = (after: Doc): Commit => ({
    seq: 1,
    at: '2026-01-01T00:00:00Z',
    actor: 'people',
    op: 'create',
    record: 'account',
    id: String(after['id']),
    after,
  });
  /** The integration wrote to each once: since then it is linked. */
  const commitsOf = (accounts: readonly Doc[]): readonly Commit[] =>
    accounts.flatMap((one) => [commit(one), { ...commit(one), seq: 2, actor: 'tally', op: 'update' as const }]);
  const judged = (
    accounts: readonly Doc[],
    parties: readonly Doc[],
    edits: readonly Edit[] = [],
    expectCustomers = 1,
  ): Verdict =>
    judgeTryton(
      { crm: { state: accounts, commits: commitsOf(accounts) }, parties, maker: 5 },
      { parked: [], edits, expectCustomers },
    );
  const kindsOf = ({ findings }: Verdict): readonly string[] => findings.map(({ kind }) => kind);

  test('finds agreement where the two say the same, each in its own spelling', () => {
    expect(judged([account()], [party()]).findings).toEqual([]);
    expect(
      agrees(judged([account()], [party(), party({ id: '1', name: 'Staff', customer: false, tax_number: null })])),
    ).toBe(true);
  });

  test.each<[string, Verdict, string]>([
    ['a customer of Tryton’s that never came to the CRM', judged([], [party()]), 'lost'],
    ['an account that never came to Tryton', judged([account({ erp_number: null })], []), 'lost'],
    ['a customer too few', judged([account()], [party()], [], 2), 'lost'],
    [
      'two parties made under one key',
      judged([account()], [party({ keys: ['tally:k'] }), party({ id: '8', keys: ['tally:k'] })], [], 1),
      'doubled',
    ],
    [
      'a party of ours that no account shows',
      judged([account()], [party(), party({ id: '8', maker: 5, tax_number: null, name: 'Other' })], [], 2),
      'doubled',
    ],
    ['a city that differs', judged([account()], [party({ city: 'Bonn' })]), 'unexplained'],
    [
      'an edit of Tryton’s people that both sides have forgotten',
      judged([account()], [party()], [{ side: 'erp', id: '7', field: 'street', value: 'Finanzplatz 1', at: LATER }]),
      'lost',
    ],
    [
      'a name that is neither the one nor the other of two edits',
      judged(
        [account({ name: 'From Tryton' })],
        [party({ name: 'From Tryton' })],
        [
          { side: 'crm', id: 'A-000001', field: 'name', value: 'From the CRM', at: LATER },
          { side: 'erp', id: '7', field: 'name', value: 'Also from Tryton', at: LATER + 1 },
        ],
      ),
      'lost',
    ],
  ])('sees %s', (_what, verdict, kind) => {
    expect(agrees(verdict)).toBe(false);
    expect(kindsOf(verdict)).toContain(kind);
  });

  test('does not judge edits of records that were not linked yet', () => {
    const early: Edit = { side: 'erp', id: '7', field: 'name', value: 'Early', at: Date.parse('2025-12-31T00:00:00Z') };
    expect(judged([account()], [party()], [early]).findings).toEqual([]);
  });

  test.each<[string, boolean, { name?: string; field?: string; killed?: number }]>([
    ['a kill kept the two from agreeing before', true, {}],
    ['nothing was killed', false, { killed: Number.NEGATIVE_INFINITY }],
    ['the kill was long before', false, { killed: LATER - 60_001 }],
    ['the CRM has had another name meanwhile', false, { name: 'Adler' }],
    ['the CRM does not decide the field', false, { field: 'phone' }],
  ])('an edit in Tryton that the CRM’s first value took the place of: %s', (_when, right, when) => {
    const { name = 'Adler Netze 7 GmbH', field = 'name', killed = LATER - 60_000 } = when;
    const value = field === 'name' ? 'Umbenannt GmbH' : '+49 221 999999';
    const commits = [commit(account({ name })), ...commitsOf([account()])];
    const verdict = judgeTryton(
      { crm: { state: [account()], commits }, parties: [party()], maker: 5 },
      { parked: [], edits: [{ side: 'erp', id: '7', field, value, at: LATER }], interruptions: [killed] },
    );
    expect(kindsOf(verdict)).toEqual(right ? [] : ['lost']);
  });

  test('lets an edit give way where the rule of its field says so', () => {
    const edits: readonly Edit[] = [
      { side: 'crm', id: 'A-000001', field: 'city', value: 'Ulm', at: LATER + 1 },
      { side: 'erp', id: '7', field: 'city', value: 'Köln', at: LATER },
    ];
    expect(judged([account()], [party()], edits).findings).toEqual([]);
  });

  test.each([
    ['a wrong tax id that Tryton refuses', 'DE123456780', true],
    ['a right one, parked without need', vatNumber('DE', 8) ?? '', false],
  ])('works out for itself whether it is right to park %s', (_what, vat_number, right) => {
    const accounts = [account({ vat_number })];
    const verdict = judgeTryton(
      { crm: { state: accounts, commits: commitsOf(accounts) }, parties: [party({ tax_number: null })], maker: 5 },
      { parked: [{ crm: 'A-000001', erp: '7', field: '', code: 'TARGET_REFUSED' }] },
    );
    expect(agrees(verdict)).toBe(right);
  });
});

describe('a part in the cache', () => {
  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'parts-'));
    onTestFinished(() => rmSync(made, { recursive: true, force: true }));
    return made;
  };
  test('that two make at once is there once, whole, and nothing else is left', async () => {
    const place = join(folder(), 'base.sqlite');
    const make = async (temporary: string): Promise<void> => {
      writeFileSync(temporary, 'half');
      await new Promise(setImmediate);
      writeFileSync(temporary, 'whole');
    };
    await Promise.all([once(place, make), once(place, make)]);
    expect(readdirSync(join(place, '..'))).toEqual(['base.sqlite']);
  });

  test('whose making fails leaves nothing', async () => {
    const place = join(folder(), 'base.sqlite');
    const broken = once(place, async (temporary) => {
      writeFileSync(temporary, 'half');
      throw new Error('the disk is full');
    });
    await expect(broken).rejects.toThrow('the disk is full');
    expect([existsSync(place), readdirSync(join(place, '..'))]).toEqual([false, []]);
  });
});
