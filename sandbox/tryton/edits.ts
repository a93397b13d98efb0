/** What became of the edits of people: each stands in the end, or another edit or a rule took its place. */
import type { Commit, FieldRule, Finding, Side, SystemView } from '../checker/words.ts';
import type { Doc } from '../kit/json.ts';
import type { Edit } from './people.ts';
import { TRYTON_RULES } from './rules.ts';

/** The last edits of one field of one pair that may stand in the end: the later one, or the one that the field's rule prefers. */
const mayStand = (rule: FieldRule, crm: Edit | undefined, erp: Edit | undefined): readonly Edit[] => {
  if (crm === undefined || erp === undefined) return [crm ?? erp].filter((edit) => edit !== undefined);
  const later = crm.at > erp.at ? crm : erp;
  // Whether the two met, or one had arrived before the other was made, nobody can see from outside.
  return rule.conflict === 'crm' || rule.conflict === 'erp' ? [later, rule.conflict === 'crm' ? crm : erp] : [later];
};

/** When the integration first wrote to an account: edits before that were made to records that were not linked yet. */
const linkedSince = (commits: readonly Commit[]): ReadonlyMap<string, number> => {
  const since = new Map<string, number>();
  for (const { actor, id, at } of commits)
    if (actor === TRYTON_RULES.actor && !since.has(id)) since.set(id, Date.parse(at));
  return since;
};

// How long after a kill the successor may still be finding out what became of a write.
const FINDING_OUT_MS = 60_000;

/**
 * An edit in Tryton of a field that the CRM decides, made before the two sides ever agreed on it, because a kill had taken the first write's answer:
 * the rule then takes the CRM's value, the one that it has had ever since the account was made.
 */
const neverAgreed = (
  rule: FieldRule,
  { side, at }: Edit,
  stands: string | null,
  account: readonly Commit[],
  interruptions: readonly number[],
): boolean =>
  side === 'erp' &&
  rule.conflict === 'crm' &&
  interruptions.some((killed) => at <= killed + FINDING_OUT_MS) &&
  account.every(({ after }) => rule.read(after?.[rule.crm] ?? null, 'crm').value === stands);

/** Edits of people that stand nowhere in the end, though no later one or rule took their place. */
export const lostEdits = (
  edits: readonly Edit[],
  { state, commits = [] }: SystemView,
  parties: ReadonlyMap<string, Doc>,
  excused: (ids: Readonly<Record<Side, string>>, field: string) => boolean,
  interruptions: readonly number[],
): readonly Finding[] => {
  const since = linkedSince(commits);
  return state.flatMap((account) => {
    const ids = { crm: String(account['id']), erp: String(account['erp_number'] ?? '') };
    const party = parties.get(ids.erp);
    const from = since.get(ids.crm);
    if (party === undefined || from === undefined) return [];
    return TRYTON_RULES.fields.flatMap((rule): readonly Finding[] => {
      const last = (side: Side): Edit | undefined =>
        edits.findLast(
          ({ side: at, ...edit }) => at === side && edit.id === ids[side] && edit.field === rule.name && edit.at > from,
        );
      const due = mayStand(rule, last('crm'), last('erp')).filter(({ value }) => value !== null);
      const stands = rule.read(party[rule.erp], 'erp').value;
      const wanted = due.map(({ value, side }) => rule.read(value, side).value);
      if (due.length === 0 || wanted.includes(stands) || excused(ids, rule.name)) return [];
      const history = commits.filter(({ id }) => id === ids.crm);
      if (due.every((edit) => neverAgreed(rule, edit, stands, history, interruptions))) return [];
      const values = { edited: wanted[0] ?? null, stands };
      return [{ kind: 'lost', ...ids, field: rule.name, values, reason: 'an edit of people stands nowhere any more' }];
    });
  });
};
