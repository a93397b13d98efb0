/** `$metadata`, EDMX of V2 and V4: what a service says of an entity set. References to other documents are never followed. */
import { SyncError } from '../../src/domain/errors.ts';
import type { FieldDescription } from '../sdk/seam.ts';
import { type Element, readXml } from '../soap/xml.ts';
import type { Kind } from './edm.ts';
import type { Entity, Fields } from './entity.ts';

/** A property as the service declares it. */
export interface Property {
  readonly name: string;
  readonly type: string;
  readonly max: number | undefined;
  readonly nullable: boolean;
  readonly readOnly: boolean;
}
/** An entity type: its properties, and where its navigation properties lead. */
export interface EntityType {
  readonly properties: ReadonlyMap<string, Property>;
  readonly navigation: ReadonlyMap<string, string>;
}
/** What a service declares. */
export interface Metadata {
  /** The type of an entity set; undefined where there is no such set. */
  typeOfSet(set: string): EntityType | undefined;
  typeNamed(name: string): EntityType | undefined;
}

/** Real services have some ten thousand properties; a document beyond this is something else. */
const LIMITS = { depth: 40, elements: 400_000, attributes: 64 };

const attribute = (element: Element, name: string): string | undefined =>
  element.attributes.find((each) => each.name === name)?.value;
const below = (element: Element, name: string): readonly Element[] =>
  element.children.filter((child) => child.name === name);

const isComputed = (annotation: Element): boolean =>
  /(?:^|\.)(?:Computed|Immutable)$/.test(attribute(annotation, 'Term') ?? '') &&
  (attribute(annotation, 'Bool') ?? 'true') === 'true';

/** What annotations outside of the types say of single properties: `Namespace.Type/Property`. */
const computedTargets = (schemas: readonly Element[]): ReadonlySet<string> =>
  new Set(
    schemas.flatMap((schema) =>
      below(schema, 'Annotations').flatMap((group) =>
        below(group, 'Annotation').some(isComputed) ? [attribute(group, 'Target') ?? ''] : [],
      ),
    ),
  );

const propertyOf = (element: Element, computed: boolean): Property => {
  const max = Number(attribute(element, 'MaxLength') ?? 0);
  const closed = attribute(element, 'creatable') === 'false' && attribute(element, 'updatable') === 'false';
  return {
    name: attribute(element, 'Name') ?? '',
    type: attribute(element, 'Type') ?? '',
    max: Number.isInteger(max) && max > 0 ? max : undefined,
    nullable: attribute(element, 'Nullable') !== 'false',
    readOnly: computed || closed || below(element, 'Annotation').some(isComputed),
  };
};

interface Schemas {
  readonly types: ReadonlyMap<string, { readonly element: Element; readonly name: string }>;
  readonly sets: ReadonlyMap<string, string>;
  /** V2: where the ends of associations lead, by `Association/Role`. */
  readonly ends: ReadonlyMap<string, string>;
  readonly computed: ReadonlySet<string>;
}

const schemasIn = (root: Element): Schemas => {
  const schemas = below(root, 'DataServices').flatMap((services) => below(services, 'Schema'));
  const types = new Map<string, { element: Element; name: string }>();
  const sets = new Map<string, string>();
  const ends = new Map<string, string>();
  for (const schema of schemas) {
    const spaces = [attribute(schema, 'Namespace'), attribute(schema, 'Alias')].filter((space) => space !== undefined);
    for (const element of below(schema, 'EntityType'))
      for (const space of spaces) {
        const name = `${space}.${attribute(element, 'Name')}`;
        types.set(name, { element, name: `${spaces[0]}.${attribute(element, 'Name')}` });
      }
    for (const association of below(schema, 'Association'))
      for (const end of below(association, 'End'))
        for (const space of spaces)
          ends.set(
            `${space}.${attribute(association, 'Name')}/${attribute(end, 'Role')}`,
            attribute(end, 'Type') ?? '',
          );
    for (const container of below(schema, 'EntityContainer'))
      for (const set of below(container, 'EntitySet'))
        sets.set(attribute(set, 'Name') ?? '', attribute(set, 'EntityType') ?? '');
  }
  return { types, sets, ends, computed: computedTargets(schemas) };
};

const element = (type: string): string => /^Collection\((.*)\)$/.exec(type)?.[1] ?? type;

const targetOf = (navigation: Element, { ends }: Schemas): string => {
  const type = attribute(navigation, 'Type');
  if (type !== undefined) return element(type);
  return ends.get(`${attribute(navigation, 'Relationship')}/${attribute(navigation, 'ToRole')}`) ?? '';
};

const typeOf = (schemas: Schemas, name: string, around: readonly string[]): EntityType | undefined => {
  const found = schemas.types.get(name);
  if (found === undefined || around.includes(name)) return undefined;
  const parent = attribute(found.element, 'BaseType');
  const base = parent === undefined ? undefined : typeOf(schemas, parent, [...around, name]);
  const own = below(found.element, 'Property').map((each) => {
    const property = propertyOf(each, schemas.computed.has(`${found.name}/${attribute(each, 'Name')}`));
    return [property.name, property] as const;
  });
  const leads = below(found.element, 'NavigationProperty').map(
    (each) => [attribute(each, 'Name') ?? '', targetOf(each, schemas)] as const,
  );
  return {
    properties: new Map([...(base?.properties ?? []), ...own]),
    navigation: new Map([...(base?.navigation ?? []), ...leads]),
  };
};

/** Reads a document. PROTOCOL_ERROR for what is no EDMX, or too much. */
export const readMetadata = (text: string): Metadata => {
  const fail = (problem: string): SyncError =>
    new SyncError('PROTOCOL_ERROR', `the service’s $metadata cannot be read: ${problem}`);
  const root = readXml(text, fail, LIMITS);
  if (root.name !== 'Edmx') throw fail('it is no EDMX');
  const schemas = schemasIn(root);
  const typeNamed = (name: string): EntityType | undefined => typeOf(schemas, name, []);
  return { typeNamed, typeOfSet: (set) => typeNamed(schemas.sets.get(set.split('/').at(-1) ?? '') ?? '') };
};

const TYPES: Readonly<Record<Kind, FieldDescription['type']>> = {
  string: 'text',
  guid: 'text',
  boolean: 'boolean',
  integer: 'integer',
  int64: 'integer',
  decimal: 'decimal',
  double: 'decimal',
  date: 'date',
  time: 'text',
  datetime: 'text',
  instant: 'instant',
  binary: 'text',
};

const described = (
  [name, kind]: Fields[number],
  prefix: string,
  keys: Fields,
  type: EntityType | undefined,
): FieldDescription => {
  const property = type?.properties.get(name);
  const isKey = keys.some(([key]) => key === name);
  return {
    path: `${prefix}${name}`,
    type: TYPES[kind],
    ...(property?.max === undefined ? {} : { max: property.max }),
    ...(property?.readOnly === true ? { readOnly: true } : {}),
    // Keys are never null, but most services number by themselves.
    ...(property?.nullable === false && !isKey ? { required: true } : {}),
  };
};

/** The declared fields of a record type, with what the service says of them. */
export const fieldsOf = (entity: Entity, metadata: Metadata): readonly FieldDescription[] => {
  const type = metadata.typeOfSet(entity.set);
  return [
    ...entity.fields.map((field) => described(field, '', entity.keys, type)),
    ...entity.children.flatMap(({ name, keys, fields }): readonly FieldDescription[] => {
      const child = metadata.typeNamed(type?.navigation.get(name) ?? '');
      return [{ path: name, type: 'list' }, ...fields.map((field) => described(field, `${name}[].`, keys, child))];
    }),
  ];
};

const EDM: Readonly<Record<Kind, readonly string[]>> = {
  string: ['String'],
  guid: ['Guid'],
  boolean: ['Boolean'],
  integer: ['Int16', 'Int32', 'Byte', 'SByte'],
  int64: ['Int64'],
  decimal: ['Decimal'],
  double: ['Double', 'Single'],
  date: ['Date', 'DateTime'],
  time: ['Time', 'TimeOfDay'],
  datetime: ['DateTime'],
  instant: ['DateTimeOffset'],
  binary: ['Binary'],
};

const differing = (place: string, fields: Fields, type: EntityType): readonly string[] =>
  fields.flatMap(([name, kind]) => {
    const property = type.properties.get(name);
    if (property === undefined) return [`${place}: the service has no property "${name}"`];
    const [, edm] = /^Edm\.(\w+)$/.exec(property.type) ?? [];
    return edm === undefined || EDM[kind].includes(edm)
      ? []
      : [`${place}: "${name}" is ${property.type} there, and ${kind} here`];
  });

/** Where a preset and the service’s own description part. */
export const differences = (entity: Entity, metadata: Metadata): readonly string[] => {
  const type = metadata.typeOfSet(entity.set);
  if (type === undefined) return [`${entity.name}: the service has no entity set "${entity.set}"`];
  return [
    ...differing(entity.name, entity.fields, type),
    ...entity.children.flatMap(({ name, fields }) => {
      const target = type.navigation.get(name);
      if (target === undefined) return [`${entity.name}: the service has no navigation property "${name}"`];
      const child = metadata.typeNamed(target);
      return child === undefined ? [] : differing(`${entity.name}.${name}`, fields, child);
    }),
  ];
};
