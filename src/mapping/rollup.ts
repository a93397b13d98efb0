/** Roll-ups: what one record of another mapping adds to the record that it refers to. */
import { createHash } from 'node:crypto';
import { canonicalJson, type Json, type JsonObject } from '../domain/json.ts';
import { SIDES, slotName } from '../domain/record.ts';
import { columnTexts } from './field.ts';
import type { Mapping, Rollup, RollupPart } from './port.ts';
import { slotOf } from './reference-fields.ts';
import type { MappingFile } from './schema.ts';
import { type RollupFile, rollupColumn } from './schema-rollup.ts';

type Allowed = Readonly<Record<string, readonly (string | number | boolean)[]>>;

const DECIMAL = /^-?\d+(\.\d+)?$/;
const DAY = /^\d{4}-\d{2}-\d{2}/;

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
  const day = DAY.exec(read(file.within?.of ?? file.latest) ?? '')?.[0] ?? null;
  // A record whose day or amount cannot be read counts for nothing; its own mapping says what is wrong with it.
  if (file.count !== true && file.sum === undefined && day === null) return undefined;
  if (file.within !== undefined && day === null) return undefined;
  const value = file.latest === undefined ? null : (DAY.exec(read(file.latest) ?? '')?.[0] ?? null);
  const amount = read(file.sum);
  if (file.sum !== undefined && (amount === undefined || !DECIMAL.test(amount))) return undefined;
  const off = file.minus !== undefined && passes(source, side, file.minus, body);
  const signed = amount === undefined ? null : !off ? amount : amount.startsWith('-') ? amount.slice(1) : `-${amount}`;
  return { parent, day, currency: read(file.currency) ?? '', amount: signed, value };
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
      // Whatever decides on what a record adds: another one, and all are worked out anew.
      const meant = [rollup, source.fields, source.include ?? null, source.between[side]] as unknown as Json;
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
          ...(rollup.within === undefined
            ? {}
            : { window: { months: rollup.within.months, zone: rollup.within.zone } }),
          partOf: (of: Mapping, body: JsonObject) => partOf(rollup, side, of, body),
        },
      ];
    }),
  );
