import { describe, expect, test } from 'vitest';
import { agrees } from '../checker/verdict.ts';
import type { Commit, Verdict } from '../checker/words.ts';
import type { Doc } from '../kit/json.ts';
import { vatNumber } from './businesses.ts';
import { judgeTryton } from './checker.ts';
import type { Deed, Edit } from './people.ts';
import type { Asked } from './retired.ts';

const WHEN = Date.parse('2026-01-02T00:00:00Z');
const MAKER = 5;
const tax = (nth: number): string => vatNumber('DE', nth) ?? '';

const party = (id: string, over: Partial<Record<string, unknown>> = {}): Doc =>
  ({
    ...{ id, name: `Adler Netze ${id} GmbH`, customer: true, active: true, replaced_by: null, language: 'de' },
    ...{ payment_term: 'Net 14', street: `Türenstraße ${id}`, postal_code: '50667', city: 'Köln', country: 'DE' },
    ...{ email: `office${id}@customer.example`, phone: `+49 221 40000${id}`, tax_number: tax(Number(id)), keys: [] },
    ...{ maker: 1, made_at: 0, hands: ['1 at 1'], changed_at: '2026-01-01T00:00:00.000Z', ...over },
  }) as Doc;
const account = (number: string, over: Partial<Record<string, unknown>> = {}): Doc =>
  ({
    ...{ id: `A-${number}`, external_id: `twin-${number}`, name: `Adler Netze ${number} GmbH`, kind: 'Customer' },
    ...{ vat_number: tax(Number(number)), phone: `+4922140000${number}`, email: `office${number}@customer.example` },
    ...{ language: 'de', payment_terms: 'Net 14', erp_number: number, modified_at: '2026-01-01T00:00:00Z' },
    billing: { street: `Türenstraße ${number}`, postal_code: '50667', city: 'Köln', country: 'de' },
    ...over,
  }) as Doc;
const commitsOf = (accounts: readonly Doc[]): readonly Commit[] =>
  accounts.flatMap((after) => {
    const made: Commit = {
      ...{ seq: 1, at: '2026-01-01T00:00:00Z', actor: 'people', op: 'create', record: 'account' },
      ...{ id: String(after['id']), after },
    };
    return [made, { ...made, seq: 2, actor: 'tally', op: 'update' as const }];
  });

interface Scene {
  readonly accounts?: readonly Doc[];
  readonly parties?: readonly Doc[];
  readonly deeds: readonly Deed[];
  readonly parked?: readonly Asked[];
  readonly edits?: readonly Edit[];
}
const judged = ({
  accounts = [account('7'), account('8')],
  parties = [],
  deeds,
  parked = [],
  edits = [],
}: Scene): Verdict =>
  judgeTryton(
    { crm: { state: accounts, commits: commitsOf(accounts) }, parties, maker: MAKER },
    { parked, edits, deeds, expectCustomers: 2 },
  );
const said = ({ findings }: Verdict): readonly string[] => findings.map(({ kind, reason }) => `${kind}: ${reason}`);

const deactivated: Deed = { deed: 'deactivated', party: '7', account: 'A-7', taxNumber: tax(7), at: WHEN };
const merged: Deed = { ...deactivated, deed: 'merged', into: '8' };
const out = party('7', { active: false, customer: false });
const loser = party('7', {
  ...{ active: false, customer: false, replaced_by: '8', tax_number: null, street: null, city: null },
  ...{ postal_code: null, country: null, email: null, phone: null },
});
const asks = (code: string, listed: readonly string[] = []): Asked => ({
  ...{ crm: 'A-7', erp: '7', field: '', code },
  listed,
});
const edit = (value: string): Edit => ({ side: 'crm', id: 'A-7', field: 'city', value, at: WHEN + 1 });

describe('a customer that people took out of use', () => {
  const rightly: Scene = { parties: [out, party('8')], deeds: [deactivated], parked: [asks('DELETE_BLOCKED')] };
  test('is rightly asked about, whatever its account says by now, and counts as one that is there', () => {
    const verdict = judged({
      ...rightly,
      accounts: [account('7', { name: 'Other' }), account('8')],
      edits: [edit('Ulm')],
    });
    expect([said(verdict), verdict.customers, verdict.parked, agrees(verdict)]).toEqual([[], 2, 1, true]);
  });

  test.each<[string, Partial<Scene>, string]>([
    [
      'about which nobody is asked',
      { parked: [] },
      'unexplained: out of use, and nobody is asked what becomes of its account',
    ],
    [
      'about which the wrong thing is asked',
      { parked: [asks('MERGE_DECISION')] },
      'unexplained: out of use, and nobody is asked what becomes of its account',
    ],
    [
      'that was made active again by nobody',
      { parties: [party('7'), party('8')] },
      'unexplained: in use again, and no person did that',
    ],
    [
      'that the integration wrote to since',
      { parties: [{ ...out, hands: ['1 at 1', `${MAKER} at ${WHEN + 1}`] } as Doc, party('8')] },
      'unexplained: written by the integration after people had taken it out of use',
    ],
    [
      'for which another one was made',
      {
        accounts: [account('7', { erp_number: '9' }), account('8')],
        parties: [out, party('8'), party('9', { maker: MAKER, made_at: WHEN + 1, tax_number: tax(7) })],
      },
      'doubled: another party took the place of one out of use',
    ],
    [
      'that was made once more',
      { parties: [out, party('8'), party('9', { maker: MAKER, made_at: WHEN + 1, tax_number: tax(7) })] },
      'doubled: made once more while it was out of use',
    ],
    ['that is gone', { parties: [party('8')] }, 'lost: a party that people sorted out is gone'],
    [
      'whose account is gone',
      { accounts: [account('8')] },
      'lost: the account of a party that people sorted out is gone',
    ],
  ])('is seen: one %s', (_what, over, finding) => {
    const verdict = judged({ ...rightly, ...over });
    expect(said(verdict)).toContain(finding);
    expect(agrees(verdict)).toBe(false);
  });

  test('and back into it agrees again, and not while it is still out of use', () => {
    const back: Deed = { ...deactivated, deed: 'reactivated', at: WHEN + 5 };
    expect(said(judged({ parties: [party('7'), party('8')], deeds: [deactivated, back] }))).toEqual([]);
    expect(said(judged({ parties: [out, party('8')], deeds: [deactivated, back] }))).toContain(
      'unexplained: out of use, though people took it back',
    );
    const parked = [asks('DELETE_BLOCKED')];
    expect(said(judged({ parties: [party('7'), party('8')], deeds: [deactivated, back], parked }))).toContain(
      'unexplained: parked as DELETE_BLOCKED without need',
    );
  });
});

describe('a customer that people merged into another', () => {
  const rightly: Scene = {
    parties: [loser, party('8')],
    deeds: [merged],
    parked: [asks('MERGE_DECISION', ['8', 'A-8'])],
    edits: [edit('Ulm')],
  };
  test('is rightly a question that lists both', () => {
    const verdict = judged(rightly);
    expect([said(verdict), verdict.customers]).toEqual([[], 2]);
  });
  test('may hand its account over to the other one', () => {
    const accounts = [account('8', { id: 'A-7', external_id: 'twin-7' })];
    expect(said(judged({ ...rightly, accounts, parked: [], edits: [] }))).toEqual([]);
  });

  test.each<[string, Partial<Scene>, string]>([
    [
      'about which nobody is asked',
      { parked: [] },
      'unexplained: out of use, and nobody is asked what becomes of its account',
    ],
    [
      'where only one of the two is shown',
      { parked: [asks('MERGE_DECISION', ['8'])] },
      'unexplained: out of use, and nobody is asked what becomes of its account',
    ],
    [
      'whose edit went to the other one',
      {
        parties: [loser, party('8', { city: 'Ulm' })],
        accounts: [
          account('7'),
          {
            ...account('8'),
            billing: { street: 'Türenstraße 8', postal_code: '50667', city: 'Ulm', country: 'de' },
          } as Doc,
        ],
      },
      'unexplained: an edit of a merged customer stands in the other one',
    ],
    [
      'that no longer says into which',
      { parties: [{ ...loser, replaced_by: null } as Doc, party('8')] },
      'unexplained: no longer names the party it was merged into',
    ],
    [
      'whose account was given a third',
      { accounts: [account('7', { erp_number: '9' }), account('8')], parties: [loser, party('8'), party('9')] },
      'doubled: another party took the place of one out of use',
    ],
  ])('is seen: one %s', (_what, over, finding) => {
    const verdict = judged({ ...rightly, ...over });
    expect(said(verdict)).toContain(finding);
    expect(agrees(verdict)).toBe(false);
  });
});
