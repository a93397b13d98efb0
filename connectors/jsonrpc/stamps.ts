/** When a row and its children were last written, and the version made of that. */
import { createHash } from 'node:crypto';
import { canonicalJson, type Json, type JsonObject } from '../../src/domain/json.ts';
import { textTemplate } from '../engine/template.ts';
import { type Instant, instantOf } from '../rest/time.ts';
import { decoded } from './codec.ts';
import type { RecordType } from './schema.ts';
import { type Asker, idText, isChildren, list, own } from './shape.ts';

/** The stamps in a version, by the guarded rows' names. */
export const stampsOf = (version: string): JsonObject =>
  Object.fromEntries(
    (version.split('#')[0] ?? '')
      .split(';')
      .filter((part) => part.includes('='))
      .map((part) => [part.slice(0, part.lastIndexOf('=')), part.slice(part.lastIndexOf('=') + 1)]),
  );

/** Reads them from rows of one record type. */
export interface Stamps {
  /** The latest time of change of the row and its children. */
  latest(row: Json): Instant | undefined;
  /** All stamps by the guarded rows' names, and the content: stamps are coarse, two writes within one step look alike. */
  version(row: Json, body: JsonObject): string | undefined;
}

/** Compiles a record type. */
export const createStamps = (type: RecordType, asker: Asker): Stamps => {
  const { stamp, guard, id, times, times_of } = type;
  const nameOf = textTemplate(guard?.name ?? '{model},{id}');
  const collections = Object.values(type.body).filter(isChildren);
  /** The row itself and its children, each with its model. */
  const family = (row: Json): readonly (readonly [string, Json])[] => [
    [type.model, row],
    ...collections.flatMap((spec) =>
      list(own(row, asker.answer(spec.children))).map((child) => [spec.of, child] as const),
    ),
  ];
  const timesIn = (row: Json | undefined, fields: readonly string[]) =>
    fields.flatMap((time) => instantOf(decoded(own(row, time) ?? null), 'UTC') ?? []);
  return {
    latest: (row) =>
      [
        ...family(row).flatMap(([, each]) => timesIn(each, times)),
        ...Object.entries(times_of).flatMap(([field, inner]) => timesIn(own(row, asker.answer(field)), inner)),
      ]
        .toSorted((a, b) => a.ms - b.ms)
        .at(-1),
    version: (row, body) => {
      if (stamp === undefined) return undefined;
      const stamps = family(row).map(
        ([model, each]) =>
          `${nameOf({ model, id: idText(own(each, id.field)) ?? '' })}=${String(own(each, stamp) ?? '')}`,
      );
      const content = createHash('sha256').update(canonicalJson(body)).digest('base64url').slice(0, 16);
      return `${stamps.toSorted().join(';')}#${content}`;
    },
  };
};
