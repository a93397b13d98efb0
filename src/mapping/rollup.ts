/** Roll-ups: what one record of another mapping adds to the record that it refers to. */
import { createHash } from 'node:crypto';
import { canonicalJson, type Json, type JsonObject } from '../domain/json.ts';
import { SIDES, type Side, slotName } from '../domain/record.ts';
import { columnTexts } from './field.ts';
import type { Mapping, Rollup, RollupAsk, RollupPart } from './port.ts';
import { slotOf } from './reference-fields.ts';
import type { MappingFile } from './schema.ts';
import { type RollupFile, rollupColumn } from './schema-rollup.ts';

type Allowed = Readonly<Record<string, readonly (string | number | boolean)[]>>;

const DECIMAL = /^-?\d+(\.\d+)?$/;
const DAY = /^(?!0000)\d{4}-\d{2}-\d{2}/;

/** The day that a text begins with; null where there is no such day. */
const dayOf = (text: string | undefined): string | null => {
  const day = DAY.exec(text ?? '')?.[0] ?? null;
  const at = new Date(`${day}T00:00:00Z`);
  return day !== null && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day) ? day : null;
};

const passes = (source: Mapping, side: Rollup['side'], allowed: Allowed, body: JsonObject): boolean =>
  Object.entries(allowed).every(([field, list]) => {
    const said = source.valueOf(side, field, body);
    return list.some((each) => String(each) === said);
  });

const partOf = (file: RollupFile, side: Rollup['side'], source: Mapping, body: JsonObject): RollupPart | undefined => {
  const parent = source.referencesIn(side, body)[file.by];
  if (parent === undefined || !source.included(side, body) || !passes(source, side, file.only ?? {}, body))
    return undefined;
  const read = (field: string | undefined) => (field === undefined ? undefined : source.valueOf(side, field, body));
  const day = dayOf(read(file.within?.of ?? file.latest));
  // A record whose day or amount cannot be read counts for nothing; its own mapping says what is wrong with it.
  if (file.count !== true && file.sum === undefined && day === null) return undefined;
  if (file.within !== undefined && day === null) return undefined;
  const value = file.latest === undefined ? null : dayOf(read(file.latest));
  const amount = read(file.sum);
  if (file.sum !== undefined && (amount === undefined || !DECIMAL.test(amount))) return undefined;
  const off = file.minus !== undefined && passes(source, side, file.minus, body);
  const signed = amount === undefined ? null : !off ? amount : amount.startsWith('-') ? amount.slice(1) : `-${amount}`;
  return { parent, day, currency: read(file.currency) ?? '', amount: signed, value };
};

const askOf = (
  { for: named, in: currency, within }: RollupFile,
  side: Side,
  mapping: Mapping,
  id: string,
  body: JsonObject,
): RollupAsk | undefined => {
  const read = (field: string | undefined) => (field === undefined ? undefined : mapping.valueOf(side, field, body));
  const parent = named === undefined ? id : mapping.referencesIn(side, body)[named];
  const [from, until] = [dayOf(read(within?.from)), dayOf(read(within?.until))];
  const timeless = within?.from !== undefined && (from === null || until === null);
  return parent === undefined || timeless ? undefined : { parent, from, until, currency: read(currency) ?? '' };
};

/** Compile `rollups:` of a file that passed lint. */
export const rollupsOf = (file: MappingFile, definitions: ReadonlyMap<string, MappingFile>): readonly Rollup[] =>
  SIDES.flatMap((side) =>
    Object.entries(file.rollups?.[side] ?? {}).flatMap(([name, rollup]): Rollup[] => {
      const source = definitions.get(rollup.of);
      if (source === undefined) return [];
      const columns = Object.values(file.fields).flatMap((field) => columnTexts(field, side));
      const currencies = columns.flatMap((text) => {
        const column = rollupColumn(text);
        return column?.name === name && column.currency !== undefined ? [column.currency] : [];
      });
      const kind = rollup.sum !== undefined ? 'sum' : rollup.latest !== undefined ? 'latest' : 'count';
      const asking = rollup.for !== undefined || rollup.within?.from !== undefined;
      const named = rollup.for === undefined ? file : definitions.get(file.fields[rollup.for]?.link ?? '');
      const { months, zone } = rollup.within ?? {};
      // Whatever decides on what a record adds, and whom it is asked for by: another one, and all are worked out anew.
      const own = asking ? [file.fields, file.between[side]] : [];
      const meant = [rollup, source.fields, source.include ?? null, source.between[side], ...own] as unknown as Json;
      return [
        {
          ...{ name, side, kind, of: rollup.of, source: slotName(slotOf(source.between[side])) },
          key: `${file.mapping}/${side}/${name}`,
          fields: Object.keys(file.fields).filter((field) => {
            const texts = file.fields[field] === undefined ? [] : columnTexts(file.fields[field], side);
            return texts.some((text) => rollupColumn(text)?.name === name);
          }),
          hash: createHash('sha256').update(canonicalJson(meant)).digest('hex'),
          ...(rollup.currency === undefined ? {} : { currencies: [...new Set(currencies)] }),
          ...(months === undefined || zone === undefined ? {} : { window: { months, zone } }),
          parents: slotName(slotOf((named ?? file).between[side])),
          asking,
          askOf: (mapping: Mapping, id: string, body: JsonObject) => askOf(rollup, side, mapping, id, body),
          partOf: (of: Mapping, body: JsonObject) => partOf(rollup, side, of, body),
        },
      ];
    }),
  );
