/** The `link:` fields of a mapping: where they lead, and the ids that stand in them. */
import type { JsonObject } from '../domain/json.ts';
import { type Side, type Slot, slotName } from '../domain/record.ts';
import { type Field, nativeOf } from './field.ts';
import { elementsOf, type Lines, lineNamed } from './lines.ts';
import type { Mapping, ReferenceField, Referred } from './port.ts';
import type { MappingFile } from './schema.ts';

/** A side of a mapping file as a slot. */
export const slotOf = ({ connection, record, scope }: MappingFile['between']['crm']): Slot => ({
  connection,
  record,
  ...(scope === undefined ? {} : { scope }),
});

/** Fields by the name under which a mapping's references know them. */
type Named = readonly (readonly [name: string, field: Field])[];

const ofLists = (lines: readonly Lines[]): Named =>
  lines.flatMap((each) => each.fields.map((field) => [`${each.name}.${field.name}`, field] as const));

/** The fields that refer to records, also those of lists, with the slots of what they refer to. */
export const referenceFields = (
  fields: readonly Field[],
  lines: readonly Lines[],
  linked: ReadonlyMap<string, MappingFile>,
): readonly ReferenceField[] =>
  [...fields.map((field) => [field.name, field] as const), ...ofLists(lines)].flatMap(([name, { link }]) => {
    const between = link === undefined ? undefined : linked.get(link.mapping)?.between;
    if (link === undefined || between === undefined) return [];
    const slots = { crm: slotName(slotOf(between.crm)), erp: slotName(slotOf(between.erp)) };
    return [{ field: name, mapping: link.mapping, slots }];
  });

/** By field, the ids that a body holds. */
export const referencesIn = (
  linking: readonly Field[],
  side: Side,
  body: JsonObject,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    linking.flatMap((field) => {
      const id = field[side].decode(nativeOf(field[side], body));
      return typeof id === 'string' ? [[field.name, id]] : [];
    }),
  );

const idIn = (field: Field, side: Side, body: JsonObject): string | undefined => {
  const id = field[side].decode(nativeOf(field[side], body));
  return typeof id === 'string' ? id : undefined;
};

/** See {@link Mapping.referred}. */
export const referredBy = (
  references: readonly ReferenceField[],
  fields: readonly Field[],
  lines: readonly Lines[],
): Pick<Mapping, 'referred' | 'referredIn'> => {
  const byName = new Map(references.map((reference) => [reference.field, reference]));
  const top = fields.filter(({ name }) => byName.has(name));
  const lists = lines.flatMap((each) => {
    const linking = each.fields.filter((field) => byName.has(`${each.name}.${field.name}`));
    return linking.length === 0 ? [] : [{ each, linking }];
  });
  const told = (name: string, id: string | undefined): readonly Referred[] => {
    const reference = byName.get(name);
    return reference === undefined || id === undefined ? [] : [{ reference, id }];
  };
  return {
    referred: (side, body) => [
      ...top.flatMap((field) => told(field.name, idIn(field, side, body))),
      ...lists.flatMap(({ each, linking }) => {
        const elements = elementsOf(each, side, body);
        if (!(elements instanceof Map)) return [];
        return [...elements.values()].flatMap((element) =>
          linking.flatMap((field) => told(`${each.name}.${field.name}`, idIn(field, side, element.body))),
        );
      }),
    ],
    referredIn: (baseline) =>
      byName.size === 0
        ? []
        : Object.entries(baseline).flatMap(([name, { value }]) => {
            const named = lineNamed(name);
            const reference = named === undefined ? name : `${named.lines}.${named.field}`;
            return told(reference, typeof value === 'string' ? value : undefined);
          }),
  };
};
