/**
 * What must be true of customers that people took out of use in Tryton or merged there: each stays as people left it,
 * somebody is asked about its account, nothing is written to it, and no other party takes its place unasked.
 */
import type { Finding, ParkedItem } from '../checker/words.ts';
import type { Doc } from '../kit/json.ts';
import type { Deed, Edit } from './people.ts';
import { TRYTON_RULES } from './rules.ts';

/** A parked item, with the records that it lists as belonging to the question. */
export interface Asked extends ParkedItem {
  readonly listed?: readonly string[];
}

export interface Sorted {
  readonly findings: readonly Finding[];
  /** Customers that are out of use in the end, each with its account where that still shows it: judged here, and nowhere else. */
  readonly out: readonly { readonly party: string; readonly account?: string }[];
}

/** Codes that rightly ask what becomes of the account. */
const QUESTIONS: Readonly<Record<Deed['deed'], readonly string[]>> = {
  deactivated: ['DELETE_BLOCKED', 'DELETED_AND_CHANGED'],
  merged: ['MERGE_DECISION'],
  reactivated: [],
};
/** Fields of which nobody types the same value twice. */
const TELLING = new Set(['name', 'email', 'phone', 'street', 'city']);

/** The last deed of each party that people sorted out. */
const lastDeeds = (deeds: readonly Deed[]): ReadonlyMap<string, Deed> =>
  new Map(deeds.map((deed) => [deed.party, deed]));

/** Is the party as people left it? */
const standsAs = ({ deed, into }: Deed, party: Doc): string | undefined => {
  if (party['active'] !== (deed === 'reactivated'))
    return deed === 'reactivated' ? 'out of use, though people took it back' : 'in use again, and no person did that';
  return deed === 'merged' && party['replaced_by'] !== into
    ? 'no longer names the party it was merged into'
    : undefined;
};

/** Did the integration's hand touch it after people had? */
const writtenAfter = ({ at }: Deed, party: Doc, maker: number | undefined): boolean =>
  (party['hands'] as readonly string[]).some((hand) => {
    const [user, , ms] = hand.split(' ');
    return user === String(maker) && Number(ms) > at;
  });

/** Is a person asked, and shown everything that the question is about? */
const isAsked = ({ deed, into }: Deed, account: string, others: readonly string[], parked: readonly Asked[]): boolean =>
  parked.some(
    ({ crm, field, code, listed = [] }) =>
      crm === account &&
      field === '' &&
      QUESTIONS[deed].includes(code) &&
      (into === undefined || [into, ...others].every((id) => listed.includes(id))),
  );

/** Judges what became of them. Nobody may be writing meanwhile. */
export const judgeRetired = (given: {
  readonly accounts: readonly Doc[];
  readonly parties: readonly Doc[];
  readonly maker: number | undefined;
  readonly deeds: readonly Deed[];
  readonly edits: readonly Edit[];
  readonly parked: readonly Asked[];
}): Sorted => {
  const findings: Finding[] = [];
  const out: { party: string; account?: string }[] = [];
  const byId = new Map(given.parties.map((party) => [String(party['id']), party]));
  const showing = (party: string): readonly Doc[] =>
    given.accounts.filter((account) => String(account['erp_number'] ?? '') === party);
  for (const deed of lastDeeds(given.deeds).values()) {
    const party = byId.get(deed.party);
    const add = (kind: Finding['kind'], reason: string, values: Finding['values'] = {}): void =>
      void findings.push({ kind, crm: deed.account, erp: deed.party, field: '', values, reason });
    if (party === undefined) {
      add('lost', 'a party that people sorted out is gone');
      continue;
    }
    const odd = standsAs(deed, party);
    if (odd !== undefined) add('unexplained', odd);
    if (deed.deed === 'reactivated') continue;
    const account = given.accounts.find(({ id }) => id === deed.account);
    const shows = String(account?.['erp_number'] ?? '');
    out.push({ party: deed.party, ...(shows === deed.party ? { account: deed.account } : {}) });
    if (writtenAfter(deed, party, given.maker))
      add('unexplained', 'written by the integration after people had taken it out of use');
    if (account === undefined) add('lost', 'the account of a party that people sorted out is gone');
    else if (shows === deed.party) {
      const others = deed.into === undefined ? [] : showing(deed.into).map(({ id }) => String(id));
      if (!isAsked(deed, deed.account, others, given.parked))
        add('unexplained', 'out of use, and nobody is asked what becomes of its account');
    } else if (shows !== deed.into) add('doubled', 'another party took the place of one out of use', { crm: shows });
    for (const twin of twinsOf(deed, given)) add('doubled', 'made once more while it was out of use', { erp: twin });
    for (const edit of strayed(deed, shows, given.edits, byId))
      add('unexplained', 'an edit of a merged customer stands in the other one', { [edit.field]: edit.value });
  }
  return { findings, out };
};

/** Parties that the integration has made since, with the tax id of the one out of use. */
const twinsOf = (
  { taxNumber, party, at }: Deed,
  { parties, maker }: { readonly parties: readonly Doc[]; readonly maker: number | undefined },
): readonly string[] =>
  taxNumber === null
    ? []
    : parties
        .filter((one) => one['maker'] === maker && Number(one['made_at']) > at && one['tax_number'] === taxNumber)
        .map(({ id }) => String(id))
        .filter((id) => id !== party);

/** What was typed into the merged customer's account since, and stands in the survivor although that has an account of its own. */
const strayed = (
  { account, into, at: when }: Deed,
  shows: string,
  edits: readonly Edit[],
  parties: ReadonlyMap<string, Doc>,
): readonly Edit[] => {
  const survivor = into === undefined || shows === into ? undefined : parties.get(into);
  if (survivor === undefined) return [];
  return edits.filter(({ side, id, field, value, at }) => {
    if (side !== 'crm' || id !== account || at <= when || value === null || !TELLING.has(field)) return false;
    const rule = TRYTON_RULES.fields.find(({ name }) => name === field);
    return rule !== undefined && rule.read(survivor[rule.erp], 'erp').value === rule.read(value, 'crm').value;
  });
};
