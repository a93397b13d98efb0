/** From ledger and state to what the judge works on: per record, what each field said when, and who made it say so. */
import { Digits, type Doc, isDoc } from '../kit/json.ts';
import type { Commit, FieldRule, Reading, Rules, Side, SystemView } from './words.ts';

/** A record at one moment. */
export interface Mark {
  readonly seq: number;
  readonly at: number;
  readonly actor: string;
  readonly op: Commit['op'];
  /** By the field's place in the rules; empty after a delete. */
  readonly readings: readonly Reading[];
  /** For derived fields: what the field's origin at this side would make of it. */
  readonly origins: readonly (Reading | undefined)[];
  /** The record's own time of change, ms. */
  readonly stamp: number;
  readonly reference: string | null;
  /** Paths outside the rules that this commit changed, when the integration made it. */
  readonly strays: readonly string[];
  /** The partner's number that the record shows. */
  readonly claim: string | null;
  readonly unanswered: boolean;
}

/** One record with its life. Without a ledger its life is one moment: now. */
export interface Trace {
  readonly side: Side;
  readonly id: string;
  readonly marks: readonly Mark[];
  /** Absent when the record is gone. */
  readonly doc?: Doc;
  readonly included: boolean;
  readonly business?: number;
  /** The marks are a ledger, not just the present. */
  readonly known: boolean;
}

const STEP = /^([^[\]]+)(?:\[([^=\]]+)=([^\]]*)\])?$/;

/** What stands at a path such as `contact.phone` or `addresses[use=bill-to].street`. */
export const at = (doc: Doc, path: string): unknown => {
  let value: unknown = doc;
  for (const step of path.split('.')) {
    const [, name = step, key, wanted] = STEP.exec(step) ?? [];
    value = isDoc(value) ? value[name] : undefined;
    if (key !== undefined)
      value = Array.isArray(value) ? value.find((item) => isDoc(item) && String(item[key]) === wanted) : undefined;
  }
  return value;
};

/** Every leaf of a document as path and text; list items are named by their `use`. */
const leaves = (value: unknown, path: string, into: Map<string, string>): Map<string, string> => {
  if (isDoc(value)) {
    for (const [key, inner] of Object.entries(value)) leaves(inner, path === '' ? key : `${path}.${key}`, into);
  } else if (Array.isArray(value)) {
    value.forEach((item: unknown, index) => {
      const use = isDoc(item) ? item['use'] : undefined;
      leaves(item, typeof use === 'string' ? `${path}[use=${use}]` : `${path}[${index}]`, into);
    });
  } else into.set(path, value instanceof Digits ? value.text : (JSON.stringify(value) ?? 'null'));
  return into;
};

const NOTHING = new Set(['null', '""', 'false', 'undefined']);

const strayPaths = (rules: Rules, side: Side, before: Doc | undefined, after: Doc): readonly string[] => {
  const { ignored, reference } = rules.sides[side];
  const owned = new Set([...rules.fields.map((field) => field[side]), ...ignored]);
  if (before === undefined && reference !== undefined) owned.add(reference);
  const old = leaves(before ?? {}, '', new Map());
  const now = leaves(after, '', new Map());
  const paths = new Set([...old.keys(), ...now.keys()]);
  return [...paths].filter((path) => {
    // A field that holds rows owns all that stands in them.
    if (owned.has(path) || owned.has(path.replace(/\[.*$/, '')) || path.endsWith('].use')) return false;
    if (before === undefined) return !NOTHING.has(now.get(path) ?? 'null');
    // A child that an address did not have before may come with its other parts empty.
    if (!old.has(path) && NOTHING.has(now.get(path) ?? 'null')) return false;
    return old.get(path) !== now.get(path);
  });
};

const originOf = (field: FieldRule, side: Side, doc: Doc): Reading | undefined => {
  const target = field.flow === 'to_erp' ? 'erp' : 'crm';
  if (field.derivedFrom === undefined || side !== target) return undefined;
  return field.read(at(doc, field.derivedFrom), side === 'erp' ? 'crm' : 'erp');
};

const textOr = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : null;

const markOf = (rules: Rules, side: Side, commit: Commit, before: Doc | undefined): Mark => {
  const { after } = commit;
  const { stamp, reference } = rules.sides[side];
  const key = after === null || reference === undefined ? undefined : at(after, reference);
  return {
    seq: commit.seq,
    at: Date.parse(commit.at),
    actor: commit.actor,
    op: commit.op,
    readings: after === null ? [] : rules.fields.map((field) => field.read(at(after, field[side]), side)),
    origins: after === null ? [] : rules.fields.map((field) => originOf(field, side, after)),
    stamp: after === null ? Number.NaN : Date.parse(String(at(after, stamp))),
    reference: textOr(key),
    strays: commit.actor === rules.actor && after !== null ? strayPaths(rules, side, before, after) : [],
    claim: after === null || side === 'erp' || rules.claim === undefined ? null : textOr(at(after, rules.claim)),
    unanswered: commit.unanswered === true,
  };
};

const presentMark = (rules: Rules, side: Side, id: string, doc: Doc): Mark =>
  markOf(
    rules,
    side,
    { seq: 0, at: new Date(0).toISOString(), actor: 'unknown', op: 'create', record: '', id, after: doc },
    undefined,
  );

/** Is the record one of those that the integration looks after? */
const included = (rules: Rules, side: Side, doc: Doc): boolean => {
  const { include } = rules.sides[side];
  return include === undefined || include.values.includes(String(at(doc, include.path) ?? ''));
};

/** All records of one side with their lives, by id. */
export const tracesOf = (rules: Rules, side: Side, view: SystemView): ReadonlyMap<string, Trace> => {
  const { id: idPath, record } = rules.sides[side];
  const docs = new Map(view.state.map((doc) => [String(at(doc, idPath)), doc] as const));
  const marks = new Map<string, Mark[]>();
  const last = new Map<string, Doc>();
  for (const commit of view.commits ?? []) {
    if (commit.record !== record) continue;
    const list = marks.get(commit.id) ?? [];
    marks.set(commit.id, list);
    list.push(markOf(rules, side, commit, last.get(commit.id)));
    if (commit.after !== null) last.set(commit.id, commit.after);
  }
  const traces = new Map<string, Trace>();
  for (const id of new Set([...docs.keys(), ...marks.keys()])) {
    const doc = docs.get(id);
    const life = marks.get(id) ?? (doc === undefined ? [] : [presentMark(rules, side, id, doc)]);
    const shown = doc ?? last.get(id);
    const business = view.truth?.get(id);
    traces.set(id, {
      side,
      id,
      marks: life,
      included: shown !== undefined && included(rules, side, shown),
      known: view.commits !== undefined,
      ...(doc === undefined ? {} : { doc }),
      ...(business === undefined ? {} : { business }),
    });
  }
  return traces;
};

/** The record's values now, or as it was last seen. */
export const latest = (trace: Trace): readonly Reading[] =>
  trace.marks.findLast((mark) => mark.readings.length > 0)?.readings ?? [];
