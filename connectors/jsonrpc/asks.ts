/**
 * What the system works out of a record that is about to be made: who fills in its window by hand is told prices, taxes
 * and addresses on the way, who creates by a call is not. So it is asked for them before.
 */
import { SyncError } from '../../src/domain/errors.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import type { Call } from '../sdk/seam.ts';
import { decoded } from './codec.ts';
import { bad } from './commands.ts';
import { type CompiledCall, compileCall, type Rpc } from './rpc.ts';
import type { Asking, RecordType } from './schema.ts';
import { isChildren, list } from './shape.ts';
import { at } from './spot.ts';
import type { Draft, Part } from './values.ts';

/** Completes a draft. Throws what the system refuses, and BAD_VALUE for a value that it works out otherwise. */
export type Complete = (data: JsonObject, draft: Draft, call: Call) => Promise<Draft>;

/** 12.50 and 12.5 are one amount. */
const plain = (value: Json): string => {
  const text = String(value ?? '');
  return /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text;
};

/** What a system is told of a part, in its own words. */
const shown = ({ values, linked, aside }: Part): JsonObject => ({ ...aside, ...values, ...linked });

/** A part with what an answer adds to it: nothing that was said already, and nothing that is empty. */
const taken = ({ take, keep }: Asking, answer: Json, part: Part): Part => {
  const kept = Object.entries(keep).map(([field, spot]): readonly [string, Json] => [field, at(answer, spot) ?? null]);
  const values: Record<string, Json> = { ...part.values };
  const linked: Record<string, readonly Json[]> = { ...part.linked };
  for (const [field, spot] of Object.entries(take)) {
    if (Object.hasOwn(values, field) || Object.hasOwn(linked, field)) continue;
    if (typeof spot === 'string') {
      const value = at(answer, spot) ?? null;
      if (value !== null) values[field] = value;
    } else {
      const ids = list(at(answer, spot.each)).flatMap((each) => at(each, spot.id) ?? []);
      if (ids.length > 0) linked[field] = ids;
    }
  }
  return { values, linked, aside: { ...part.aside, ...Object.fromEntries(kept) } };
};

/** Compiles what is asked for new records of a type. */
export const createAsks = (name: string, type: RecordType, rpc: Rpc): Complete => {
  const asks = (type.write.create?.asks ?? []).map((asking) => ({ asking, shape: compileCall(asking) }));
  const ask = async (shape: CompiledCall, values: JsonObject, child: JsonObject | undefined, call: Call) => {
    const { result } = await rpc.ask(
      `a question about a new ${name}`,
      shape,
      { model: type.model, values, child },
      call,
    );
    return result;
  };
  const compared = ({ compare }: Asking, data: JsonObject, answer: Json): void => {
    for (const [property, spot] of Object.entries(compare)) {
      const stated = data[property] ?? null;
      const worked = decoded(at(answer, spot) ?? null);
      if (stated !== null && worked !== null && plain(stated) !== plain(worked))
        throw bad(`${property} comes to ${plain(worked)}, not to ${plain(stated)}`, property);
    }
  };
  const childrenAsked = async (asking: Asking, shape: CompiledCall, draft: Draft, call: Call): Promise<Draft> => {
    const spec = type.body[asking.children ?? ''];
    if (spec === undefined || !isChildren(spec)) return draft;
    const own = shown(draft.own);
    const made: Part[] = [];
    for (const child of draft.children[spec.children] ?? []) {
      const told = asking.parent === undefined ? shown(child) : { ...shown(child), [asking.parent]: own };
      made.push(taken(asking, await ask(shape, own, told, call), child));
    }
    return { ...draft, children: { ...draft.children, [spec.children]: made } };
  };
  return async (data, draft, call) => {
    let now = draft;
    for (const { asking, shape } of asks) {
      if (asking.children !== undefined) now = await childrenAsked(asking, shape, now, call);
      else {
        const children = Object.entries(now.children).map(([field, parts]) => [field, parts.map(shown)]);
        const answer = await ask(shape, { ...shown(now.own), ...Object.fromEntries(children) }, undefined, call);
        compared(asking, data, answer);
        now = { ...now, own: taken(asking, answer, now.own) };
      }
    }
    return now;
  };
};

const OWN: ReadonlySet<string> = new Set(['validation', 'permanent', 'not-found', 'conflict']);
/** Is it an error of the record alone, so that the others go on? */
export const isOwn = (error: unknown): error is SyncError =>
  error instanceof SyncError && (error.code === 'BAD_VALUE' || OWN.has(error.facts.class ?? ''));
