/** What the ledger knows of documents that have a life, and what their process says of them. */
import type { JsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../mapping/port.ts';
import { type Approval, type Judged, relatedKey, type Verdict } from '../../mapping/process-port.ts';
import { followed } from '../../mapping/reference.ts';
import { asText, objectFrom, type Stored } from '../codec.ts';
import type { Database } from '../database.ts';
import type { LinkRow } from './load.ts';

/** Where a document stands, as its row says. */
export interface OrderRow {
  readonly record: string;
  readonly step: string;
  readonly content: string;
  readonly level: number | null;
  readonly waits_for: string;
  readonly said: string;
  readonly ended: boolean;
}

/** What is known of the documents of a round, by link. */
export interface Known {
  readonly rows: ReadonlyMap<string, OrderRow>;
  readonly approvals: ReadonlyMap<string, readonly Approval[]>;
  /** Bodies by slot and id. */
  readonly bodies: ReadonlyMap<string, JsonObject>;
}

/** Everything that judging the documents of a round takes, in one go. */
export const knownOf = async (db: Database, mapping: Mapping, rows: readonly LinkRow[]): Promise<Known> => {
  const linkOf = new Map(
    rows.flatMap(({ link, members }) => (members.crm === undefined ? [] : [[members.crm.id, link]])),
  );
  const ids = [...linkOf.keys()];
  const related = rows.flatMap((row) => relatedTo(mapping, row).flatMap(({ crm, erp }) => [crm, erp]));
  const [stored, approvals, bodies] = await Promise.all([
    db.query<OrderRow>(
      `select record, step, content, level, waits_for, said, ended_at is not null as ended from order_process where mapping = $1 and record = any($2)`,
      [mapping.name, ids],
    ),
    db.query<Approval & { readonly record: string }>(
      `select record, level, content, decision, approver, reason from order_approval where mapping = $1 and record = any($2) order by level`,
      [mapping.name, ids],
    ),
    related.length === 0
      ? []
      : db.query<{ slot: string; id: string; body: Stored }>(
          `select r.slot, r.id, ${asText('r.body')} as body from record r join (select distinct * from unnest($1::text[],$2::text[]) as t(slot,id)) t on r.slot = t.slot and r.id = t.id`,
          [related.map(({ slot }) => slot), related.map(({ id }) => id)],
        ),
  ]);
  const byLink = <Row extends { readonly record: string }>(all: readonly Row[]) =>
    all.flatMap((row) => {
      const link = linkOf.get(row.record);
      return link === undefined ? [] : [[link, row] as const];
    });
  return {
    rows: new Map(byLink(stored)),
    approvals: new Map(
      [...Map.groupBy(byLink(approvals), ([link]) => link)].map(([link, all]) => [link, all.map(([, row]) => row)]),
    ),
    bodies: new Map(bodies.map(({ slot, id, body }) => [`${slot} ${id}`, objectFrom(body)])),
  };
};

interface Place {
  readonly slot: string;
  readonly id: string;
}

interface Related {
  /** See {@link relatedKey}. */
  readonly key: string;
  readonly crm: Place;
  readonly erp: Place;
}

/** What the gate's references of a document hold: those of its head, and those of each of its lines. */
const heldBy = (mapping: Mapping, { members: { crm } }: LinkRow) =>
  crm === undefined || mapping.process === undefined
    ? []
    : mapping
        .referred('crm', crm.observed.body)
        .filter(({ reference }) => mapping.process?.links.includes(reference.field) === true);

/** The records that the gate's references of a document lead to, where they are linked. */
const relatedTo = (mapping: Mapping, row: LinkRow): readonly Related[] =>
  heldBy(mapping, row).flatMap(({ reference: { field, mapping: to, slots }, id }) => {
    const found = followed(row.references, to, 'crm', id);
    if (found.state !== 'linked') return [];
    const [crm, erp] = [
      { slot: slots.crm, id: found.crm },
      { slot: slots.erp, id: found.erp },
    ];
    return [{ key: relatedKey(field, id), crm, erp }];
  });

/** Slot and id, at the CRM, of what a document refers to, by {@link relatedKey}: who is told when that changes. */
export const placesOf = (mapping: Mapping, row: LinkRow, links: readonly string[]): readonly string[] => [
  ...new Set(relatedTo(mapping, row).flatMap(({ key, crm }) => (links.includes(key) ? [`${crm.slot} ${crm.id}`] : []))),
];

/** A reference of the gate that leads to nothing it could read. */
export interface Unread {
  readonly field: string;
  /** What it leads to, as slot and id. */
  readonly on: string;
  /** Why nobody need wait for it; undefined while it is on its way. */
  readonly why?: string;
}

/** References of the gate behind which nothing can be read yet, or ever. */
export const unreadBy = (mapping: Mapping, row: LinkRow): readonly Unread[] =>
  heldBy(mapping, row).flatMap(({ reference: { field, mapping: to }, id }): Unread[] => {
    const found = followed(row.references, to, 'crm', id);
    if (found.state === 'linked') return [];
    return [{ field, on: found.on, ...(found.state === 'missing' ? { why: found.why } : {}) }];
  });

/** Judge a document; undefined where its gate cannot read what it must: then nothing may cross. */
export const judged = (mapping: Mapping, row: LinkRow, known: Known): Verdict | undefined => {
  const { process } = mapping;
  const { crm, erp } = row.members;
  if (process === undefined || crm === undefined) return undefined;
  const related = new Map(
    relatedTo(mapping, row).flatMap((each) => {
      const bodies = [each.crm, each.erp].map(({ slot, id }) => known.bodies.get(`${slot} ${id}`));
      return bodies[0] === undefined || bodies[1] === undefined
        ? []
        : [[each.key, { crm: bodies[0], erp: bodies[1] }] as const];
    }),
  );
  if (heldBy(mapping, row).some(({ reference, id }) => !related.has(relatedKey(reference.field, id)))) return undefined;
  const before = known.rows.get(row.link);
  const said: Judged = {
    crm: crm.observed.body,
    ...(erp === undefined ? {} : { erp: erp.observed.body }),
    related,
    approvals: approvalsOf(mapping, row, known),
    ...(before?.level == null ? {} : { asked: { level: before.level, content: before.content } }),
  };
  return process.judge(said);
};

/** Decisions made here, and those that stand in columns. What was said here of a content stands. */
const approvalsOf = (mapping: Mapping, row: LinkRow, known: Known): readonly Approval[] => {
  const made = known.approvals.get(row.link) ?? [];
  const same = (a: Approval, b: Approval): boolean => a.level === b.level && a.content === b.content;
  return [...made, ...decidedIn(mapping, row).filter((each) => !made.some((one) => same(one, each)))];
};

/** What columns of the systems decide about it. */
export const decidedIn = (mapping: Mapping, { members: { crm, erp }, references }: LinkRow): readonly Approval[] =>
  crm === undefined ? [] : (mapping.process?.decided(crm.observed.body, erp?.observed.body, references) ?? []);
