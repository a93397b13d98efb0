/** What the ledger knows of questions that are asked by several things: the records among them are found in the link table. */
import type { JsonObject } from '../../domain/json.ts';
import type { KeyPart, LinkedPart } from '../../mapping/view-key.ts';
import { partsOf, questionId } from '../../mapping/view-key.ts';
import { asText, objectFrom } from '../codec.ts';
import type { Database } from '../database.ts';

/** A key with the id of its question at the system, and the asking side's own record that tells whose it is. */
export interface LinkedKey {
  readonly key: string;
  /** Null: one of its records is linked to nothing. */
  readonly id: string | null;
  readonly asking: JsonObject | undefined;
}

interface Other {
  readonly id: string;
  readonly asking: JsonObject;
}

const nameOf = ({ from, to }: LinkedPart, id: string): string => JSON.stringify([from, to, id]);

/** Other halves of records that are there on both sides, in one statement for however many. */
const others = async (
  db: Database,
  wanted: readonly { readonly part: LinkedPart; readonly id: string }[],
): Promise<ReadonlyMap<string, Other>> => {
  const each = [...new Map(wanted.map((one) => [nameOf(one.part, one.id), one])).values()];
  const rows = await db.query<{ from: string; to: string; id: string; other: string; asking: string }>(
    `select k.a as "from", k.b as "to", k.id, o.id as other, ${asText('r.body')} as asking
     from unnest($1::text[], $2::text[], $3::text[]) as k(a, b, id)
     join lateral (select link, body from record where slot = k.a and id = k.id and state <> 'gone' offset 0) r on true
     join lateral (select id from record where link = r.link and slot = k.b and active and state <> 'gone' offset 0) o on true`,
    [each.map(({ part }) => part.from), each.map(({ part }) => part.to), each.map(({ id }) => id)],
  );
  return new Map(
    rows.map(({ from, to, id, other, asking }) => [
      JSON.stringify([from, to, id]),
      { id: other, asking: objectFrom(asking) },
    ]),
  );
};

/** Keys translated, in the order given. */
export const linkedKeys = async (
  db: Database,
  parts: readonly KeyPart[],
  keys: readonly string[],
): Promise<readonly LinkedKey[]> => {
  const given = keys.map((key) => ({ key, said: partsOf(key) }));
  const records = parts.flatMap(({ name, linked, tells }) =>
    linked === undefined ? [] : [{ name, part: linked, tells }],
  );
  const wanted = given.flatMap(({ said }) =>
    records.flatMap(({ name, part }) => (said[name] === undefined ? [] : [{ part, id: said[name] }])),
  );
  const found = wanted.length === 0 ? new Map<string, Other>() : await others(db, wanted);
  const telling = records.find(({ tells }) => tells);
  return given.map(({ key, said }) => {
    const told = telling === undefined ? undefined : said[telling.name];
    return {
      key,
      id: questionId(parts, key, (part, id) => found.get(nameOf(part, id))?.id) ?? null,
      asking: telling === undefined || told === undefined ? undefined : found.get(nameOf(telling.part, told))?.asking,
    };
  });
};
