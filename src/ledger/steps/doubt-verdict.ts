/** What a reading says of a write whose answer never came. */
import type { ReadAnswer } from '../../../connectors/sdk/seam.ts';
import { type JsonObject, sameJson } from '../../domain/json.ts';
import type { NativeRecord } from '../../domain/record.ts';
import { getPath, pathOf } from '../../mapping/path.ts';
import type { Mapping } from '../../mapping/port.ts';
import type { Context } from './context.ts';
import type { OpenIntent } from './intents.ts';

/** It took effect, or is sent again, or ends unknown, or is asked about again. */
export type Verdict =
  | { readonly took: NativeRecord; readonly doubled?: boolean; readonly overtaken?: boolean }
  | { readonly again: true }
  | { readonly end: string }
  | { readonly ask: true };

/** How a record is named among those that creates were made from. */
export const placeText = ({ slot, id }: { readonly slot: string; readonly id: string }): string =>
  JSON.stringify([slot, id]);

/** A create is looked up by the key it carried. */
export const judgeCreate = (
  context: Context,
  intent: OpenIntent,
  answer: ReadAnswer,
  present: ReadonlySet<string>,
): Verdict => {
  if ('error' in answer) return { ask: true };
  if ('found' in answer && answer.found.length > 0) {
    const [first] = [...answer.found].sort((a, b) => (a.id < b.id ? -1 : 1));
    if (first !== undefined) return { took: first, doubled: answer.found.length > 1 };
  }
  if (context.traits(intent.slot).idempotency === 'none') return { end: 'ambiguous' };
  const source = intent.body.source;
  if (source === undefined) return { again: true };
  return present.has(placeText(source)) ? { again: true } : { end: 'source gone' };
};

/** An update is judged by what stands at its target: as intended, as before, or something else. */
export const judgeUpdate = (context: Context, intent: OpenIntent, answer: ReadAnswer): Verdict => {
  if ('error' in answer) return { ask: true };
  if (!('found' in answer) || answer.found[0] === undefined) return { end: 'target absent' };
  const record = answer.found[0];
  const mapping = context.mappings().get(intent.mapping);
  if (mapping === undefined) return { end: 'mapping gone' };
  if (intent.op === 'update' && literally(intent, record.body)) return { took: record };
  // Nothing moved: values that differ only in their writing are what stood there, not what the target made of ours.
  const unmoved = asBefore(intent, record.body);
  if (!unmoved && intent.op === 'update' && asIntended(mapping, intent, record.body)) return { took: record };
  // Answered once, and nothing of ours that a repeat of it would explain: somebody's edit came before it, as the answer said.
  if (intent.outcome === 'conflict') return { end: 'conflict' };
  // What we wrote stands there in part: it took effect, and the rest was edited since.
  if (intent.op === 'update' && partlyAsIntended(intent, record.body)) return { took: record, overtaken: true };
  // A version that moved on refuses the same intent for ever: what stands there now is planned anew.
  const moved = intent.expect_version !== null && record.version !== intent.expect_version;
  return !moved && unmoved ? { again: true } : { end: 'unknown' };
};

/** An element's own key is where a value goes, not what is written: it stands there already, and what it was before is not told. */
const isAddress = (path: string): boolean => {
  const [list, key] = pathOf(path).slice(-2);
  return list?.where !== undefined && list.where.key === key?.key;
};

/** Every written value is what it was before the write. */
const asBefore = ({ body: { before } }: OpenIntent, body: JsonObject): boolean =>
  Object.entries(before).every(
    ([path, value]) => isAddress(path) || sameJson(getPath(body, pathOf(path)) ?? null, value),
  );

/** A value that we sent stands there, and did not before. */
const partlyAsIntended = ({ body: { values, before } }: OpenIntent, body: JsonObject): boolean =>
  Object.entries(values).some(
    ([path, value]) =>
      value !== null &&
      !isAddress(path) &&
      sameJson(getPath(body, pathOf(path)) ?? null, value) &&
      !sameJson(before[path] ?? null, value),
  );

/** Every written value stands there as it was sent. */
const literally = ({ body: { values } }: OpenIntent, body: JsonObject): boolean =>
  Object.entries(values).every(([path, value]) => sameJson(getPath(body, pathOf(path)) ?? null, value));

/** Every written value stands there in a rendering that decodes to the same. */
const asIntended = (mapping: Mapping, { body: { side, intended } }: OpenIntent, body: JsonObject): boolean => {
  const agreed = mapping.agreedAfter(side, intended, body);
  const fields = Object.keys(intended);
  return fields.length > 0 && fields.every((field) => Object.hasOwn(agreed, field));
};
