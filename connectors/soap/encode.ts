/** JSON to elements, by what the stored schemas say: every name in its namespace, every element in its order. */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { CLAIMED_TYPE } from './decode.ts';
import { NS } from './namespaces.ts';
import type { ComplexType, ElementDeclaration, Field, Schemas, SimpleType, Type } from './types.ts';
import { TEXT } from './types.ts';
import { writeValue } from './values.ts';

const bad = (place: string, why: string): SyncError =>
  new SyncError('BAD_VALUE', `"${place}" ${why}`, { unsent: true, class: 'validation', field: place });

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};
/** Text between tags. A carriage return would be read as a line feed, so it is written as a reference. */
export const escapedText = (text: string): string => text.replace(/[&<>\r]/g, (one) => ESCAPES[one] ?? one);
/** The value of an attribute. */
export const escapedAttribute = (text: string): string => text.replace(/[&<>"\t\n\r]/g, (one) => ESCAPES[one] ?? one);

/** Prefixes handed out while one message is written; all are declared at its top. */
export const createPrefixes = () => {
  const given = new Map<string, string>();
  return {
    named: (ns: string, name: string): string => {
      if (ns === '') return name;
      const known = given.get(ns) ?? (ns === NS.xsi ? 'xsi' : `n${given.size + 1}`);
      given.set(ns, known);
      return `${known}:${name}`;
    },
    declarations: (): string => [...given].map(([ns, prefix]) => ` xmlns:${prefix}="${escapedAttribute(ns)}"`).join(''),
  };
};
type Prefixes = ReturnType<typeof createPrefixes>;

interface Place extends Pick<Field, 'ns' | 'name' | 'nillable'> {
  readonly path: string;
}

const below = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

const isText = (type: Type): boolean => type.kind === 'simple' && type.meaning === 'text';

/** Makes the writer of values of one contract. */
export const createEncoder = (schemas: Schemas) => {
  const claimed = (type: ComplexType, value: JsonObject, path: string): ComplexType => {
    const name = value[CLAIMED_TYPE];
    if (name === undefined) {
      if (type.abstract) throw bad(path, `needs "${CLAIMED_TYPE}": which of its types it is`);
      return type;
    }
    const found = schemas.derived(type).find(({ qname }) => qname?.name === name);
    if (found === undefined) throw bad(path, `has no type "${String(name).slice(0, 60)}"`);
    return found;
  };

  const attributes = (type: ComplexType, value: JsonObject, place: Place, prefixes: Prefixes): string =>
    type.attributes
      .map(({ ns, name, type: typeOf }) => {
        const given = Object.hasOwn(value, `@${name}`) ? value[`@${name}`] : undefined;
        if (given === undefined || given === null) return '';
        const text = writeValue(typeOf(), given, below(place.path, `@${name}`));
        return ` ${prefixes.named(ns, name)}="${escapedAttribute(text)}"`;
      })
      .join('');

  const unknownIn = (type: ComplexType, value: JsonObject): string | undefined =>
    Object.keys(value).find(
      (key) =>
        key !== CLAIMED_TYPE &&
        !(key === '#' && type.content !== undefined) &&
        !type.fields.some(({ name }) => name === key) &&
        !type.attributes.some(({ name }) => `@${name}` === key),
    );

  const complex = (declared: ComplexType, value: Json, place: Place, prefixes: Prefixes): string => {
    const document: Json = !isObject(value) && declared.content !== undefined ? { '#': value } : value;
    if (!isObject(document)) throw bad(place.path || place.name, 'holds an object');
    const type = claimed(declared, document, place.path);
    const unknown = unknownIn(type, document);
    if (unknown !== undefined) throw bad(below(place.path, unknown), 'is not in the stored WSDL');
    const tag = prefixes.named(place.ns, place.name);
    const claim =
      type === declared || type.qname === undefined
        ? ''
        : ` ${prefixes.named(NS.xsi, 'type')}="${prefixes.named(type.qname.ns, type.qname.name)}"`;
    const opening = `<${tag}${claim}${attributes(type, document, place, prefixes)}>`;
    const content = document['#'];
    const inside =
      type.content === undefined || content === undefined
        ? type.fields.map((field) => inField(field, document, place, prefixes)).join('')
        : escapedText(writeValue(type.content, content, place.path));
    return `${opening}${inside}</${tag}>`;
  };

  const inField = (field: Field, document: JsonObject, { path }: Place, prefixes: Prefixes): string => {
    const value = Object.hasOwn(document, field.name) ? document[field.name] : undefined;
    const place = { ...field, path: below(path, field.name) };
    if (value === undefined)
      return field.parameter === true && isText(field.type()) ? one(field.type(), '', place, prefixes) : '';
    if (!Array.isArray(value)) return one(field.type(), value, place, prefixes);
    if (field.many) return (value as readonly Json[]).map((each) => one(field.type(), each, place, prefixes)).join('');
    if (isList(field.type())) return one(field.type(), value, place, prefixes);
    throw bad(place.path, 'holds one value, and not a list');
  };

  const one = (type: Type, value: Json, place: Place, prefixes: Prefixes): string => {
    const tag = prefixes.named(place.ns, place.name);
    if (value === null) {
      if (place.nillable) return `<${tag} ${prefixes.named(NS.xsi, 'nil')}="true"/>`;
      // The emptiest that such an element can be.
      if (isText(type)) return `<${tag}/>`;
      throw bad(place.path, 'cannot be empty: the stored WSDL does not let it be nil');
    }
    if (type.kind === 'complex') return complex(type, value, place, prefixes);
    const simple: SimpleType = type.kind === 'any' ? TEXT : type;
    return `<${tag}>${escapedText(writeValue(simple, value, place.path))}</${tag}>`;
  };

  /** One element with everything inside it. */
  return (declaration: ElementDeclaration, value: Json, prefixes: Prefixes): string =>
    one(declaration.type(), value, { ...declaration, path: '' }, prefixes);
};

const isList = (type: Type): boolean => type.kind === 'simple' && type.list;
