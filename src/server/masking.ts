import { ERRORS } from '../domain/errors.ts';
import { isObject, type Json } from '../domain/json.ts';
import type { Explained } from '../ledger/queries/explain.ts';
import type { JournalEntry } from '../ledger/queries/journal.ts';
import type { MemberSummary } from '../ledger/queries/members.ts';
import type { ParkedGroup, ParkedItem } from '../ledger/queries/parked.ts';
import type { FoundRecord, RecordView } from '../ledger/queries/records.ts';
import type { Use } from '../ledger/queries/where-used.ts';

/** What stands where a value may not be seen. It is the same for every value, also for none. */
export const MASK = '•••';

const remedy = (code: string): string => (code in ERRORS ? ERRORS[code as keyof typeof ERRORS].fix : '');
/** A member by its ids alone. */
export const memberMasked = (each: MemberSummary): MemberSummary => ({ ...each, label: MASK });
const member = memberMasked;
const masked = <T extends object>(values: T): { [name in keyof T]: Json } =>
  Object.fromEntries(Object.keys(values).map((name) => [name, MASK])) as { [name in keyof T]: Json };

/** Only what was decided, not the values it was decided by. */
const decisionMasked = (what: Json): Json => {
  if (!isObject(what)) return null;
  return Object.fromEntries(
    Object.entries(what).filter(([name]) => name === 'field' || name === 'take' || name === 'action'),
  );
};

/** A parked item without values: message and cause quote them too. */
export const parkedMasked = (item: ParkedItem): ParkedItem => ({
  ...item,
  cause: item.code,
  message: remedy(item.code),
  crm: MASK,
  erp: MASK,
  base: MASK,
  decision: item.decision === null ? null : { ...item.decision, what: decisionMasked(item.decision.what) },
  members: item.members.map(member),
});

/** Groups without their causes, which quote values: those of one field and code become one. */
export const groupsMasked = (groups: readonly ParkedGroup[]): readonly ParkedGroup[] =>
  [...Map.groupBy(groups, ({ mapping, code, field }) => JSON.stringify([mapping, code, field])).values()].flatMap(
    (same) => {
      const [first] = same;
      if (first === undefined) return [];
      const oldest = same.flatMap((each) => each.oldest ?? []).sort()[0] ?? null;
      return [{ ...first, cause: first.code, records: same.reduce((sum, each) => sum + each.records, 0), oldest }];
    },
  );

/** A found record by its ids alone. */
export const foundMasked = (found: FoundRecord): FoundRecord => ({ ...found, members: found.members.map(member) });

/** A use by its ids and the names of its fields. */
export const useMasked = (use: Use): Use => ({
  ...use,
  label: MASK,
  partLabel: MASK,
  said: masked(use.said),
  line: masked(use.line),
});

/** A record without contents: names of fields, not their values. */
export const recordMasked = (record: RecordView): RecordView => ({
  ...record,
  members: record.members.map((each) => ({ ...each, label: MASK, body: MASK })),
  baselines: record.baselines.map((each) => ({
    ...each,
    fields: Object.fromEntries(Object.keys(each.fields).map((name) => [name, { value: MASK, crm: MASK, erp: MASK }])),
  })),
  parked: record.parked.map(parkedMasked),
  // A reserved key is named by its value.
  pending: record.pending.map((each) => ({ ...each, detail: each.detail === null ? null : MASK })),
});

/** An explanation with decisions and rules, without values. */
export const explainedMasked = (explained: Explained): Explained => ({
  ...explained,
  members: Object.fromEntries(
    Object.entries(explained.members).map(([side, each]) => [side, { ...each, label: MASK }]),
  ),
  fields: explained.fields.map(({ value, cut: _, ...field }) => ({
    ...field,
    crm: MASK,
    erp: MASK,
    base: MASK,
    ...(value === undefined ? {} : { value: MASK }),
    // Why a field is parked quotes its values; the parked code says enough.
    reason: field.decision === 'park' ? (codeOf(explained, field.field) ?? MASK) : field.reason,
  })),
  writes: Object.fromEntries(
    Object.entries(explained.writes).map(([side, write]) => [side, { op: write.op, values: masked(write.values) }]),
  ),
  parked: explained.parked.map((each) => ({
    ...each,
    message: remedy(each.code),
    cause: each.code,
    crm: MASK,
    erp: MASK,
    base: MASK,
  })),
});
const codeOf = (explained: Explained, field: string): string | undefined =>
  explained.parked.find((each) => each.field === field)?.code;

/** A journal entry without its values; the reason of a problem with a record quotes them. */
export const entryMasked = (entry: JournalEntry): JournalEntry => ({
  ...entry,
  values: entry.values === null ? null : MASK,
  reason: entry.link !== null && entry.code !== null ? remedy(entry.code) : entry.reason,
});
