/** Compiles XML Schema: what is declared becomes types, each made when it is first used, so that types may refer to each other. */
import { keyOf, NS, type QName, qnameIn } from './namespaces.ts';
import { createParticles } from './particles.ts';
import {
  ANY,
  builtIn,
  type ComplexType,
  type ElementDeclaration,
  type Schemas,
  type SimpleType,
  TEXT,
  type Type,
} from './types.ts';
import { attributeOf, childOf, type Element } from './xml.ts';

/** One `xs:schema` element and what its declarations inherit from it. */
export interface SchemaDocument {
  readonly element: Element;
  readonly target: string;
}
/** A declaration with the schema it stands in. */
export interface Placed {
  readonly element: Element;
  readonly schema: SchemaDocument;
}

const KINDS = ['element', 'complexType', 'simpleType', 'group', 'attributeGroup', 'attribute'] as const;
type Kind = (typeof KINDS)[number];

/** The one child that is a declaration of its own, in a place that has one. */
export const inlineType = (element: Element): Element | undefined =>
  childOf(element, NS.xsd, 'complexType') ?? childOf(element, NS.xsd, 'simpleType');

/** What the compiled parts share: declarations by name, and the error for what is wrong. */
export interface Lookup {
  find(kind: Kind, name: QName): Placed | undefined;
  /** The name in an attribute, which must be there. */
  named(placed: Placed, attribute: string): QName;
  typeNamed(name: QName): Type;
  typeIn(element: Element, schema: SchemaDocument): Type;
  fail(problem: string): Error;
}

const collected = (documents: readonly SchemaDocument[]): ReadonlyMap<Kind, ReadonlyMap<string, Placed>> => {
  const all = new Map<Kind, Map<string, Placed>>(KINDS.map((kind) => [kind, new Map()]));
  for (const schema of documents) {
    for (const element of schema.element.children) {
      const name = attributeOf(element, 'name');
      if (element.ns !== NS.xsd || name === undefined) continue;
      all.get(element.name as Kind)?.set(keyOf({ ns: schema.target, name }), { element, schema });
    }
  }
  return all;
};

/** Made when first asked for; `circular` makes the error for what is asked for while it is made. */
const lazily = <T>(make: () => T, circular: () => Error): (() => T) => {
  let made: { readonly value: T } | undefined;
  let making = false;
  return () => {
    if (made !== undefined) return made.value;
    if (making) throw circular();
    making = true;
    made = { value: make() };
    return made.value;
  };
};

const asSimple = (type: Type): SimpleType =>
  type.kind === 'simple' ? type : type.kind === 'complex' ? (type.content ?? TEXT) : TEXT;

const createSimple = (lookup: Lookup) => {
  const restricted = (element: Element, schema: SchemaDocument): SimpleType => {
    const inline = childOf(element, NS.xsd, 'simpleType');
    const base = asSimple(
      inline === undefined ? lookup.typeNamed(lookup.named({ element, schema }, 'base')) : simple(inline, schema),
    );
    const values = element.children.filter((child) => child.ns === NS.xsd && child.name === 'enumeration');
    const longest = childOf(element, NS.xsd, 'maxLength') ?? childOf(element, NS.xsd, 'length');
    const max = Number(longest === undefined ? Number.NaN : attributeOf(longest, 'value'));
    return {
      ...base,
      values: values.length === 0 ? base.values : values.map((child) => attributeOf(child, 'value') ?? ''),
      max: Number.isInteger(max) ? max : base.max,
    };
  };
  const simple = (element: Element, schema: SchemaDocument): SimpleType => {
    const restriction = childOf(element, NS.xsd, 'restriction');
    if (restriction !== undefined) return restricted(restriction, schema);
    const list = childOf(element, NS.xsd, 'list');
    if (list === undefined) return TEXT; // a union: whichever it is, its text is kept
    const inline = childOf(list, NS.xsd, 'simpleType');
    const item =
      inline === undefined
        ? lookup.typeNamed(lookup.named({ element: list, schema }, 'itemType'))
        : simple(inline, schema);
    return { ...asSimple(item), list: true };
  };
  return { simple, restricted };
};

const createComplex = (lookup: Lookup, simpleOf: ReturnType<typeof createSimple>) => {
  const particles = createParticles(lookup);
  const withBase = (
    element: Element,
    derivation: Element,
    schema: SchemaDocument,
    qname: QName | undefined,
  ): ComplexType => {
    const base = lookup.typeNamed(lookup.named({ element: derivation, schema }, 'base'));
    const own = particles({ element: derivation, schema });
    const inherited = base.kind === 'complex' ? base : undefined;
    const extends_ = derivation.name === 'extension';
    return {
      kind: 'complex',
      qname,
      base: () => inherited,
      abstract: attributeOf(element, 'abstract') === 'true',
      fields: extends_ ? [...(inherited?.fields ?? []), ...own.fields] : own.fields,
      attributes: [...(inherited?.attributes ?? []), ...own.attributes],
      content: contentOf(derivation, schema, base),
      open: own.open || (inherited?.open ?? false),
    };
  };
  /** The meaning of the text of a type with simple content. */
  const contentOf = (derivation: Element, schema: SchemaDocument, base: Type): SimpleType | undefined => {
    if (base.kind === 'any' || (base.kind === 'complex' && base.content === undefined)) return undefined;
    return derivation.name === 'restriction' && childOf(derivation, NS.xsd, 'simpleType') !== undefined
      ? simpleOf.restricted(derivation, schema)
      : asSimple(base);
  };
  return (element: Element, schema: SchemaDocument, qname: QName | undefined): ComplexType => {
    const content = childOf(element, NS.xsd, 'simpleContent') ?? childOf(element, NS.xsd, 'complexContent');
    const derivation =
      content === undefined
        ? undefined
        : (childOf(content, NS.xsd, 'extension') ?? childOf(content, NS.xsd, 'restriction'));
    if (derivation !== undefined) return withBase(element, derivation, schema, qname);
    return {
      kind: 'complex',
      qname,
      base: () => undefined,
      abstract: attributeOf(element, 'abstract') === 'true',
      content: undefined,
      ...particles({ element, schema }),
    };
  };
};

/** Compiles schemas that were read; `fail` makes the error for what is wrong with them. */
export const compileSchemas = (documents: readonly SchemaDocument[], fail: (problem: string) => Error): Schemas => {
  const declared = collected(documents);
  const types = new Map<string, () => Type>();
  const lookup: Lookup = {
    fail,
    find: (kind, name) => declared.get(kind)?.get(keyOf(name)),
    named: ({ element, schema }, attribute) => {
      const text = attributeOf(element, attribute);
      const name = text === undefined ? undefined : qnameIn(element.scope, text);
      if (name === undefined)
        throw fail(`an "${element.name}" of the schema "${schema.target}" has no ${attribute} that names something`);
      // In a schema without a namespace of its own that is included elsewhere, plain names are names of the including one.
      return name.ns === '' && !text?.includes(':') ? { ...name, ns: schema.target } : name;
    },
    typeNamed: (name) => {
      if (name.ns === NS.xsd) return builtIn(name.name);
      if (name.ns === NS.encoding)
        throw fail(`the type ${keyOf(name)} belongs to encoded messages; only literal ones are supported`);
      const type = types.get(keyOf(name))?.();
      if (type === undefined) throw fail(`no stored schema declares the type ${keyOf(name)}`);
      return type;
    },
    typeIn: (element, schema) => {
      const inline = inlineType(element);
      if (inline !== undefined) return made(inline, schema, undefined);
      return attributeOf(element, 'type') === undefined
        ? ANY
        : lookup.typeNamed(lookup.named({ element, schema }, 'type'));
    },
  };
  const simpleOf = createSimple(lookup);
  const complex = createComplex(lookup, simpleOf);
  const made = (element: Element, schema: SchemaDocument, qname: QName | undefined): Type =>
    element.name === 'simpleType' ? simpleOf.simple(element, schema) : complex(element, schema, qname);
  for (const kind of ['complexType', 'simpleType'] as const) {
    for (const [key, { element, schema }] of declared.get(kind) ?? []) {
      const qname = { ns: schema.target, name: attributeOf(element, 'name') ?? '' };
      types.set(
        key,
        lazily(
          () => made(element, schema, qname),
          () => fail(`the type ${key} is derived from itself`),
        ),
      );
    }
  }
  return finished(lookup, declared, types);
};

const finished = (
  lookup: Lookup,
  declared: ReadonlyMap<Kind, ReadonlyMap<string, Placed>>,
  types: ReadonlyMap<string, () => Type>,
): Schemas => {
  const elements = new Map<string, ElementDeclaration>();
  for (const [key, { element, schema }] of declared.get('element') ?? []) {
    elements.set(key, {
      ns: schema.target,
      name: attributeOf(element, 'name') ?? '',
      type: lazily(
        () => lookup.typeIn(element, schema),
        () => lookup.fail(`the element ${key} is its own type`),
      ),
      nillable: attributeOf(element, 'nillable') === 'true',
    });
  }
  const descends = (type: ComplexType, from: ComplexType): boolean => {
    for (let at = type.base(); at !== undefined; at = at.base()) if (at === from) return true;
    return false;
  };
  return {
    element: (name) => elements.get(keyOf(name)),
    type: (name) => (name.ns === NS.xsd ? builtIn(name.name) : types.get(keyOf(name))?.()),
    derived: (type) =>
      [...types.values()]
        .map((make) => make())
        .filter((each): each is ComplexType => each.kind === 'complex' && descends(each, type)),
  };
};
