/** The inside of a complex type: its elements in their order, and its attributes. */
import { keyOf, NS, type QName } from './namespaces.ts';
import { type AttributeField, type Field, TEXT, type Type } from './types.ts';
import { attributeOf, type Element } from './xml.ts';
import type { Lookup, Placed } from './xsd.ts';

/** What stands inside a type. */
export interface Particles {
  readonly fields: readonly Field[];
  readonly attributes: readonly AttributeField[];
  readonly open: boolean;
}

interface Gathered {
  readonly fields: Field[];
  readonly attributes: AttributeField[];
  open: boolean;
  /** Groups on the way here, so that one inside itself is named instead of walked for ever. */
  readonly within: readonly string[];
}

interface Around {
  readonly many: boolean;
  readonly optional: boolean;
}

const repeats = (element: Element): boolean => {
  const most = attributeOf(element, 'maxOccurs') ?? '1';
  return most === 'unbounded' || Number(most) > 1;
};
const mayMiss = (element: Element): boolean => attributeOf(element, 'minOccurs') === '0';

const isQualified = ({ element, schema }: Placed, byDefault: string): boolean =>
  (attributeOf(element, 'form') ?? attributeOf(schema.element, byDefault)) === 'qualified';

const fieldOf = (lookup: Lookup, placed: Placed, { many, optional }: Around): Field => {
  const { element, schema } = placed;
  const occurrence = { many: many || repeats(element), required: !optional && !mayMiss(element) };
  if (attributeOf(element, 'ref') !== undefined) {
    const name = lookup.named(placed, 'ref');
    const found = lookup.find('element', name);
    if (found === undefined) throw lookup.fail(`no stored schema declares the element {${name.ns}}${name.name}`);
    const nillable = attributeOf(found.element, 'nillable') === 'true';
    return { ...name, ...occurrence, nillable, type: once(() => lookup.typeIn(found.element, found.schema)) };
  }
  const ns = isQualified(placed, 'elementFormDefault') ? schema.target : '';
  const nillable = attributeOf(element, 'nillable') === 'true';
  const name = attributeOf(element, 'name') ?? '';
  return { ns, name, ...occurrence, nillable, type: once(() => lookup.typeIn(element, schema)) };
};

const once = (make: () => Type): (() => Type) => {
  let made: Type | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

const attributeFieldOf = (lookup: Lookup, placed: Placed): AttributeField => {
  const { element, schema } = placed;
  const reference = attributeOf(element, 'ref') === undefined ? undefined : lookup.named(placed, 'ref');
  const declared = reference === undefined ? placed : lookup.find('attribute', reference);
  const qname: QName = reference ?? {
    ns: isQualified(placed, 'attributeFormDefault') ? schema.target : '',
    name: attributeOf(element, 'name') ?? '',
  };
  const type = (): typeof TEXT => {
    const found = declared === undefined ? TEXT : lookup.typeIn(declared.element, declared.schema);
    return found.kind === 'simple' ? found : TEXT;
  };
  return { ...qname, type };
};

/** Compiles the inside of types. */
export const createParticles = (lookup: Lookup): ((placed: Placed) => Particles) => {
  const intoGroup = (placed: Placed, kind: 'group' | 'attributeGroup', into: Gathered, around: Around): void => {
    const name = lookup.named(placed, 'ref');
    const key = `${kind} {${name.ns}}${name.name}`;
    const found = lookup.find(kind, name);
    if (found === undefined) throw lookup.fail(`no stored schema declares the ${key}`);
    if (into.within.includes(key)) throw lookup.fail(`the ${key} contains itself`);
    const inside = { ...into, within: [...into.within, key] };
    gather(found, inside, around);
    into.open ||= inside.open;
  };
  const one = (placed: Placed, into: Gathered, around: Around): void => {
    const { element } = placed;
    const inner = { many: around.many || repeats(element), optional: around.optional || mayMiss(element) };
    switch (element.name) {
      case 'element':
        into.fields.push(fieldOf(lookup, placed, around));
        break;
      case 'sequence':
      case 'all':
        gather(placed, into, inner);
        break;
      case 'choice':
        alternatives(placed, into, { ...inner, optional: true });
        break;
      case 'group':
      case 'attributeGroup':
        intoGroup(placed, element.name, into, inner);
        break;
      case 'attribute':
        if (attributeOf(element, 'use') !== 'prohibited') into.attributes.push(attributeFieldOf(lookup, placed));
        break;
      case 'any':
        into.open = true;
        break;
    }
  };
  /** An element that several branches of a choice name is one field: only one of the branches is there. */
  const alternatives = ({ element, schema }: Placed, into: Gathered, around: Around): void => {
    const found = new Map<string, Field>();
    for (const child of element.children) {
      const branch: Gathered = { ...into, fields: [] };
      if (child.ns === NS.xsd) one({ element: child, schema }, branch, around);
      into.open ||= branch.open;
      for (const field of merged(branch.fields)) {
        const known = found.get(keyOf(field));
        found.set(keyOf(field), { ...field, many: field.many || known?.many === true });
      }
    }
    into.fields.push(...found.values());
  };
  const gather = ({ element, schema }: Placed, into: Gathered, around: Around): void => {
    for (const child of element.children) if (child.ns === NS.xsd) one({ element: child, schema }, into, around);
  };
  return (placed) => {
    const into: Gathered = { fields: [], attributes: [], open: false, within: [] };
    gather(placed, into, { many: false, optional: false });
    return { fields: merged(into.fields), attributes: into.attributes, open: into.open };
  };
};

/** The same element named twice in one type is one field that may come more than once. */
const merged = (fields: readonly Field[]): readonly Field[] => {
  const byName = new Map<string, Field>();
  for (const field of fields) {
    const key = keyOf(field);
    const known = byName.get(key);
    byName.set(key, known === undefined ? field : { ...known, many: true });
  }
  return [...byName.values()];
};
