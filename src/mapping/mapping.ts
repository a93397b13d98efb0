/** A compiled mapping: what the rest of the product may ask of it. */
import { createHash } from 'node:crypto';
import type { Entity } from '../domain/entities/entity.ts';
import { canonicalJson, type Json, type JsonObject } from '../domain/json.ts';
import type { Side } from '../domain/record.ts';
import { acyclicOf } from './acyclic.ts';
import { agreedAfter, standing } from './agreed.ts';
import { foldText } from './codec.ts';
import { type DaysBySide, dayPaths, planView, viewOf } from './effective.ts';
import { Fault } from './fault.ts';
import { type Columns, type Field, nativeOf } from './field.ts';
import { peopleOf } from './handover.ts';
import { identityKey, identitySaid, named } from './identity.ts';
import { leftOf, leftPaths } from './left.ts';
import type { Life } from './life.ts';
import type { Lines } from './lines.ts';
import { feedbackOf } from './lint-kit.ts';
import { getPath, overlap, type Path, pathOf, setPath } from './path.ts';
import { type Plannable, planLink } from './planner.ts';
import { bodyPasses, type Filter } from './planner-rules.ts';
import type { FeedbackFact, Mapping } from './port.ts';
import { processPaths } from './process.ts';
import { projectionOf } from './projection.ts';
import { referenceFields, referencesIn, referredBy, slotOf } from './reference-fields.ts';
import { rollupsOf } from './rollup.ts';
import type { MappingFile } from './schema.ts';
import { differing } from './totals.ts';
import { waitingAfter } from './waiting.ts';
import type { Source } from './yaml.ts';

/** A mapping with what lint, cases and documentation need besides. */
export interface CompiledMapping extends Mapping {
  readonly definition: MappingFile;
  readonly source: Source;
  /** What both records are, where the file says it. */
  readonly entity?: Entity;
  readonly fields: readonly Field[];
  readonly lines: readonly Lines[];
}

/** Everything that a definition was compiled to. */
export interface Parts extends Plannable, Life {
  readonly definition: MappingFile;
  readonly source: Source;
  readonly entity?: Entity;
  readonly include: Readonly<Record<Side, readonly Filter[]>>;
  /** Empty where the side marks nothing as out of use. */
  readonly retired: Readonly<Record<Side, readonly Filter[]>>;
  readonly days: DaysBySide;
  /** Text that changes when the translation of identity fields does: a lookup's revision. */
  readonly translations: ReadonlyMap<string, string>;
  /** The mapping of each `link:`, by its name. */
  readonly linked: ReadonlyMap<string, MappingFile>;
}

const hash = (value: Json): string => createHash('sha256').update(canonicalJson(value)).digest('hex');

/** The paths of a side that the ledger keeps, without those that lie inside another. */
const keptPaths = (parts: Parts, side: Side): readonly string[] => {
  const { definition } = parts;
  const texts = new Set<string>();
  for (const field of parts.fields) for (const text of field[side].texts) texts.add(text);
  for (const { text } of parts.include[side]) texts.add(text);
  for (const text of [...leftPaths(definition, side), ...dayPaths(parts.days, side)]) texts.add(text);
  for (const text of processPaths(definition.process, side)) texts.add(text);
  for (const rule of parts.rules) for (const { text } of rule.when[side]) texts.add(text);
  for (const constant of parts.constants) if (constant.side === side && !constant.createOnly) texts.add(constant.text);
  for (const [, text] of feedbackOf(definition, side)) texts.add(text);
  const all = [...texts].sort();
  return all.filter((text) => !all.some((other) => other.length < text.length && overlap(other, text)));
};

const textOf = (columns: Columns | undefined, body: JsonObject): string | undefined => {
  const value = columns === undefined ? null : columns.decode(nativeOf(columns, body));
  return value === null || value instanceof Fault || typeof value === 'object' ? undefined : String(value);
};

const LONGEST_LABEL = 200;

const labelled = (field: Field | undefined, side: Side, body: JsonObject): string => {
  if (field === undefined) return '';
  const native = nativeOf(field[side], body);
  const value = field[side].decode(native);
  const text =
    typeof value === 'string'
      ? value
      : typeof native === 'string'
        ? native
        : value === null || value instanceof Fault
          ? ''
          : canonicalJson(value);
  return text.slice(0, LONGEST_LABEL).toWellFormed().replaceAll('\u0000', '').trim();
};

const LONGEST_REASON = 250;
const FACTS: readonly FeedbackFact[] = ['state', 'id', 'reason'];

const feedbackDocument = (
  paths: Readonly<Partial<Record<FeedbackFact, Path>>>,
  facts: Readonly<Record<FeedbackFact, string>>,
  body: JsonObject,
): JsonObject | undefined => {
  const document: Record<string, unknown> = {};
  for (const fact of FACTS) {
    const path = paths[fact];
    if (path === undefined) continue;
    const clean = facts[fact].toWellFormed().replaceAll('\u0000', '').trim();
    const wanted = clean.length > LONGEST_REASON ? `${clean.slice(0, LONGEST_REASON - 1).toWellFormed()}…` : clean;
    const stands = getPath(body, path) ?? '';
    if (typeof stands === 'string' && foldText(stands) === foldText(wanted)) continue;
    setPath(document, path, wanted === '' ? null : wanted);
  }
  return Object.keys(document).length === 0 ? undefined : (document as JsonObject);
};

const feedbackPaths = (definition: MappingFile, side: Side): Partial<Record<FeedbackFact, Path>> => {
  const paths: Partial<Record<FeedbackFact, Path>> = {};
  for (const fact of FACTS) {
    const text = definition.feedback?.[side]?.[fact];
    if (text !== undefined) paths[fact] = pathOf(text);
  }
  return paths;
};

const bySide = <T>(make: (side: Side) => T): Readonly<Record<Side, T>> => ({ crm: make('crm'), erp: make('erp') });

interface MatchRule {
  readonly name: string;
  readonly fields: readonly Field[];
}

const matchRules = (names: readonly (readonly string[])[], byName: ReadonlyMap<string, Field>): readonly MatchRule[] =>
  names.map((rule) => {
    const fields = rule.map((name) => byName.get(name)).filter((field) => field !== undefined);
    return { fields, name: fields.map((field) => `${field.name}:${field.translation}`).join('+') };
  });

/** Everything that a key depends on: columns, codecs with their options, the rows of lookups. */
const identityHash = (rules: readonly MatchRule[], translations: Parts['translations']): string =>
  hash(
    rules.map(({ name, fields }) => [
      name,
      ...fields.map((field) => [[...field.crm.texts], [...field.erp.texts], translations.get(field.name) ?? '']),
    ]),
  );

/** Make a mapping of its compiled parts. */
export const createMapping = (parts: Parts): CompiledMapping => {
  const { definition, fields } = parts;
  const { on_none: onNone, on_unidentified: onUnidentified, on_delete: onDelete, match_on } = definition.identity;
  const byName = new Map(fields.map((field) => [field.name, field]));
  const kept = bySide((side) => projectionOf(keptPaths(parts, side), parts.lines, side));
  const rules = matchRules(match_on, byName);
  const feedback = bySide((side) => feedbackPaths(definition, side));
  const references = referenceFields(fields, parts.lines, parts.linked);
  const linking = fields.filter(({ link }) => link !== undefined);
  const title = byName.get('name') ?? rules.at(-1)?.fields[0] ?? fields[0];
  return {
    definition,
    source: parts.source,
    ...(parts.entity === undefined ? {} : { entity: parts.entity }),
    fields,
    lines: parts.lines,
    name: definition.mapping,
    noun: (definition.entity ?? definition.mapping).replaceAll('-', ' '),
    valueOf: (side, name, body) => textOf(byName.get(name)?.[side], body),
    revision: definition.revision,
    between: bySide((side) => slotOf(definition.between[side])),
    identity: {
      names: rules.map((rule) => named(rule.fields)),
      references: rules.map((rule) => rule.fields.filter(({ link }) => link !== undefined).map(({ name }) => name)),
      onMany: 'park',
      onNone,
      onUnidentified,
      onDelete,
    },
    references,
    referencesIn: (side, body) => referencesIn(linking, side, body),
    ...referredBy(references, fields, parts.lines),
    ...acyclicOf(definition),
    identityHash: identityHash(rules, parts.translations),
    projectionHash: bySide((side) => hash([...kept[side].texts])),
    project: (side, body) => kept[side].project(body),
    paths: (side, body) =>
      Object.fromEntries(kept[side].shown.map((text) => [text, getPath(body, pathOf(text)) ?? null])),
    included: (side, body) => bodyPasses(parts.include[side], body),
    ...leftOf(definition, parts.retired),
    identityKeys: (side, body) => rules.map((rule) => identityKey(rule.fields, rule.name, side, body)),
    identitySaid: (side, body) => rules.map((rule) => identitySaid(rule.fields, side, body)),
    label: (side, body) => labelled(title, side, body),
    ...peopleOf(definition, fields),
    fed: definition.feed === true,
    rollups: rollupsOf(definition, parts.linked),
    dated: Object.keys(parts.days).length > 0,
    plan: (state) => planView(viewOf(parts.days, fields, state), (view) => planLink(parts, view)),
    planOnly: (state, only) => planView(viewOf(parts.days, fields, state), (view) => planLink(parts, view, only)),
    agreedAfter: agreedAfter(parts.lines, byName),
    standing: (side, sent, body) => standing(parts, side, sent, body),
    ...(parts.process === undefined ? {} : { process: parts.process }),
    differing: (side, body) => differing(parts.totals, side, body),
    waitingAfterMs: waitingAfter(definition),
    feedback: (side, facts, body) => feedbackDocument(feedback[side], facts, body),
  };
};
