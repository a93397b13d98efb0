import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { otherSide, SIDES } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';
import { connectionOf, slotOf } from './context.ts';
import type { LinkRow, ParkedRow } from './load.ts';
import type { Park } from './park.ts';
import { type Draft, documentHash } from './take.ts';

// A system's field for the reason is a line, not a page.
const REASON_LENGTH = 250;

/** Show people the record's state (in agreement, parked, or `waiting` with a sentence) in their own system: joined to a pending write, else an intent of its own, only when something differs. */
export const feedbackWrite = (
  mapping: Mapping,
  row: LinkRow,
  parks: readonly Pick<Park, 'message' | 'field'>[],
  refusal: ParkedRow | undefined,
  draft: Draft,
  waits?: string,
): void => {
  const waiting = waits ?? (parks.length === 0 ? row.word?.waiting : undefined);
  for (const side of SIDES) {
    const member = row.members[side];
    if (
      waiting !== undefined &&
      (member?.stale === true || row.open.has(slotOf(mapping, side)) || mapping.waitingAfterMs[side] === undefined)
    )
      continue;
    if (member === undefined || member.state !== 'present' || !mapping.included(side, member.observed.body)) continue;
    const problems = [...parks, ...(refusal === undefined ? [] : [refusal])].map((each) =>
      each.field === '' ? each.message : `${each.field}: ${each.message}`,
    );
    const facts = {
      state: waiting !== undefined ? 'waiting' : problems.length > 0 ? 'parked' : 'in agreement',
      id: row.members[otherSide(side)]?.id ?? '',
      reason: (waiting ?? (problems.length > 0 ? problems.join('; ') : (row.word?.said ?? '')))
        .slice(0, REASON_LENGTH)
        .toWellFormed(),
    };
    const data = mapping.feedback(side, facts, member.observed.body);
    if (data === undefined || row.parked.some((each) => each.refused?.equals(documentHash(data)))) continue;
    const slot = slotOf(mapping, side);
    const values = flattened(data);
    const now = mapping.paths(side, member.observed.body);
    const before = Object.fromEntries(Object.keys(values).map((path) => [path, now[path] ?? null]));
    const at = draft.stated.findIndex((each) => each.link === row.link && each.slot === slot);
    const joined = draft.stated[at];
    if (joined !== undefined) {
      draft.stated[at] = {
        ...joined,
        body: {
          ...joined.body,
          values: { ...joined.body.values, ...values },
          before: { ...joined.body.before, ...before },
          data: { ...joined.body.data, ...data },
          hash: documentHash(joined.body.data).toString('hex'),
        },
      };
      continue;
    }
    const last = row.last.get(slot);
    draft.stated.push({
      mapping: mapping.name,
      link: row.link,
      slot,
      connection: connectionOf(slot),
      op: 'update',
      no: (last?.no ?? 0) + 1,
      generation: last?.generation ?? 0,
      record: member.id,
      version: member.observed.version,
      keys: undefined,
      body: {
        side,
        fields: [],
        values,
        before,
        data,
        intended: {},
        reasons: { feedback: facts.state },
      },
    });
  }
};

/** A native document as paths and values. */
const flattened = (data: JsonObject, prefix = ''): Record<string, Json> =>
  Object.assign(
    {},
    ...Object.entries(data).map(([key, value]) =>
      isObject(value) ? flattened(value, `${prefix}${key}.`) : { [`${prefix}${key}`]: value },
    ),
  );
