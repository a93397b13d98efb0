import type { ErrorCode } from '../../domain/errors.ts';
import type { FieldDecision, LinkPlan } from '../../domain/plan.ts';
import { SIDES, type Side, slotName } from '../../domain/record.ts';
import type { LinkState, Mapping } from '../../mapping/port.ts';
import type { Database } from '../database.ts';
import { type LinkRow, ledgerNow, loadLinks } from '../steps/load.ts';
import { intentsOf, type OpenIntentView } from './records.ts';
import { isUuid } from './values.ts';

/** What a sync of one record would do now, field by field, and why. */
export interface Explained {
  readonly mapping: string;
  readonly link: string;
  readonly members: Readonly<
    Partial<
      Record<
        Side,
        {
          readonly slot: string;
          readonly id: string;
          readonly label: string;
          readonly state: string;
          readonly included: boolean;
        }
      >
    >
  >;
  readonly fields: readonly FieldDecision[];
  readonly writes: Readonly<
    Partial<Record<Side, { readonly op: string; readonly values: Readonly<Record<string, unknown>> }>>
  >;
  readonly parked: LinkPlan['parked'];
  readonly open: readonly OpenIntentView[];
  /** What stands in the way of it, in sentences. */
  readonly notes: readonly string[];
}

// No segment has this id: nothing here is leased.
const NO_SEGMENT = '00000000-0000-0000-0000-000000000000';

/** Explains one link for each mapping it belongs to; undefined when there is no such link. */
export const explain = async (
  db: Database,
  mappings: Iterable<Mapping>,
  link: string,
): Promise<readonly Explained[] | undefined> => {
  if (!isUuid(link)) return undefined;
  const rows = await db.query<{ slot: string }>(`select slot from record where link = $1 and active`, [link]);
  if (rows.length === 0) return undefined;
  const slots = new Set(rows.map((row) => row.slot));
  const answers: Explained[] = [];
  for (const mapping of mappings) {
    if (SIDES.some((side) => slots.has(slotName(mapping.between[side]))))
      answers.push(...(await explainLinks(db, mapping, [link])));
  }
  return answers;
};

/** What a sync would do now for up to `limit` links of a mapping: those with something to do first. */
export const preview = async (db: Database, mapping: Mapping, limit: number): Promise<readonly Explained[]> => {
  const slots = SIDES.map((side) => slotName(mapping.between[side]));
  const due = await db.query<{ link: string }>(
    `select link, min(due) as due from (
       (select r.link, p.due from pending p join record r on r.slot = p.slot and r.id = p.id where p.mapping = $1 order by p.due limit $2)
       union all (select link, since from parked where mapping = $1 order by since, id limit $2)) as waiting group by link order by 2 limit $3`,
    [mapping.name, limit * 2, limit],
  );
  const links = due.map((row) => row.link);
  if (links.length < limit) {
    const rest = await db.query<{ link: string }>(
      `select distinct link from (select link from record where slot = any($1) and active and link <> all($2::uuid[]) limit $3) as others limit $4`,
      [slots, links, limit * 2, limit - links.length],
    );
    links.push(...rest.map((row) => row.link));
  }
  return explainLinks(db, mapping, links);
};

const explainLinks = async (
  db: Database,
  mapping: Mapping,
  links: readonly string[],
): Promise<readonly Explained[]> => {
  const rows = await loadLinks(db, mapping, NO_SEGMENT, links);
  const between = await interleavedNotes(db, mapping.name, links);
  const moment = mapping.dated ? { now: await ledgerNow(db) } : {};
  const answers: Explained[] = [];
  for (const row of rows) {
    const made = explained(mapping, row, moment, row.open.size === 0 ? [] : await intentsOf(db, row.link));
    answers.push({ ...made, notes: [...made.notes, ...(between.get(row.link) ?? [])] });
  }
  return answers;
};

// So long people are told of it beside the record; the journal keeps it.
const TOLD_DAYS = 7;

/** Per link what was written beside our own writes lately, a sentence each. */
const interleavedNotes = async (
  db: Database,
  mapping: string,
  links: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const rows = await db.query<{ link: string; slot: string; record: string; fields: string[]; at: string }>(
    `select link, slot, record_id as record, fields, to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as at from journal
     where action = 'interleaved' and mapping = $1 and link = any($2::uuid[]) and at > ledger_now() - $3 * interval '1 day' order by id`,
    [mapping, links, TOLD_DAYS],
  );
  const said = rows.map(({ link, slot, record, fields, at }) => ({
    link,
    note: `${slot} ${record} was written by somebody else beside a write of ours (${fields.join(', ')}, ${at} UTC): \`tally journal\` shows what stood there.`,
  }));
  return new Map([...Map.groupBy(said, ({ link }) => link)].map(([link, all]) => [link, all.map(({ note }) => note)]));
};

const explained = (
  mapping: Mapping,
  row: LinkRow,
  moment: Pick<LinkState, 'now'>,
  open: readonly OpenIntentView[],
): Explained => {
  const plan = mapping.plan({ ...stateOf(row), ...moment });
  const members: Partial<Record<Side, NonNullable<Explained['members'][Side]>>> = {};
  for (const side of SIDES) {
    const member = row.members[side];
    if (member === undefined) continue;
    const { slot, id, state, observed } = member;
    members[side] = {
      slot,
      id,
      state,
      label: mapping.label(side, observed.body),
      included: mapping.included(side, observed.body),
    };
  }
  const writes: Partial<Record<Side, NonNullable<Explained['writes'][Side]>>> = {};
  for (const side of SIDES) {
    const write = plan.writes[side];
    if (write !== undefined) writes[side] = { op: write.op, values: write.values };
  }
  return {
    mapping: mapping.name,
    link: row.link,
    members,
    fields: plan.fields,
    writes,
    parked: plan.parked,
    open,
    notes: [...notesOn(row, members), ...againSaid(plan)],
  };
};

/** What the planner is told: records that are there, the baseline, decisions, and fields that may not be planned now. */
export const stateOf = (row: LinkRow): LinkState => {
  const { crm, erp } = row.members;
  const held: Record<string, ErrorCode> = { ...row.unread };
  for (const parked of row.parked)
    if ((parked.code === 'FLAPPING' || parked.code === 'FIELD_MISSING') && parked.decision === undefined)
      held[parked.field] = parked.code;
  return {
    ...(crm === undefined || crm.state === 'gone' ? {} : { crm: crm.observed }),
    ...(erp === undefined || erp.state === 'gone' ? {} : { erp: erp.observed }),
    baseline: row.baseline,
    decisions: row.parked.flatMap((parked) => (parked.decision === undefined ? [] : [parked.decision])),
    held,
    late: row.late,
    references: row.references,
  };
};

const againSaid = ({ again }: LinkPlan): readonly string[] => {
  if (again === undefined) return [];
  return again.ahead
    ? [`What was changed holds from ${again.day} on: until then it waits.`]
    : [`On ${again.day} its last day is over, and it is looked at again.`];
};

const notesOn = (row: LinkRow, members: Explained['members']): readonly string[] => {
  const notes: string[] = [];
  for (const side of SIDES) {
    const member = members[side];
    if (member?.state === 'gone') notes.push(`The ${side} record ${member.id} is gone.`);
    if (member?.state === 'suspect')
      notes.push(`The ${side} record ${member.id} was absent from the last full pass; it is being looked for.`);
    if (member?.included === false)
      notes.push(`The ${side} record ${member.id} lies outside include: it is left alone.`);
  }
  if (row.open.size > 0) notes.push('A write is under way; nothing else is planned until its outcome is known.');
  for (const parked of row.parked) if (parked.field === '') notes.push(`The whole record is parked: ${parked.code}.`);
  if (members.crm === undefined || members.erp === undefined)
    notes.push('Only one side has this record: it is matched by its identity keys before anything is created.');
  return notes;
};
