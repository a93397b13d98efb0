/**
 * Elements to JSON, by what the stored schemas say. What may come more than once is always a list; nil is null; what is
 * absent is absent; an empty text is an empty text. Attributes are `@name`, the text beside them `#`.
 */
import { isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { NS, type QName, qnameIn } from './namespaces.ts';
import type { ComplexType, Field, Schemas, Type } from './types.ts';
import { readValue } from './values.ts';
import { attributeOf, type Element } from './xml.ts';

/** Under this name stands the type that an element claims to have, where it is another than the declared one. */
export const CLAIMED_TYPE = '@xsi:type';

type Draft = Record<string, Json>;

/** Also a name like `__proto__` is only a name: it is stored and never obeyed. */
const put = (into: Draft, name: string, value: Json): void => {
  if (name === '__proto__')
    Object.defineProperty(into, name, { value, enumerable: true, writable: true, configurable: true });
  else into[name] = value;
};

const own = (from: Draft, name: string): Json | undefined => (Object.hasOwn(from, name) ? from[name] : undefined);

const isNil = (element: Element): boolean => {
  const nil = attributeOf(element, 'nil', NS.xsi)?.trim();
  return nil === 'true' || nil === '1';
};

/** Makes the reader of values. `unknown` is told of content of which nothing is declared. */
export const createDecoder = (schemas: Schemas, unknown: (element: Element) => Error) => {
  const claimed = (element: Element, type: Type): Type => {
    const text = attributeOf(element, 'type', NS.xsi);
    const name = text === undefined ? undefined : qnameIn(element.scope, text);
    const found = name === undefined ? undefined : schemas.type(name);
    if (found === undefined) return type;
    // A claim counts only where it narrows what was declared: else it would choose how a value is understood.
    if (type.kind === 'any') return found;
    return type.kind === 'complex' && found.kind === 'complex' && isDerived(found, type) ? found : type;
  };

  /** Without a declaration: text, or an object of children in which what is repeated is a list. */
  const loose = (element: Element): Json => {
    if (isNil(element)) return null;
    if (element.children.length === 0) return element.text;
    const found = new Map<string, Json[]>();
    for (const child of element.children) {
      const values = found.get(child.name) ?? [];
      found.set(child.name, values);
      values.push(ofName(child) ?? loose(child));
    }
    const made: Draft = {};
    for (const [name, values] of found) put(made, name, values.length > 1 ? values : (values[0] ?? null));
    return made;
  };
  const ofName = (element: Element): Json | undefined => {
    const declared = schemas.element(element);
    return declared === undefined ? undefined : value(element, declared.type());
  };

  const complex = (element: Element, type: ComplexType, declared: Type): Json => {
    const made: Draft = {};
    if (type !== declared && type.qname !== undefined) put(made, CLAIMED_TYPE, type.qname.name);
    for (const field of type.fields) if (field.many) put(made, field.name, []);
    let understood = 0;
    for (const child of element.children) {
      const field = fieldFor(type, child);
      if (field === undefined && !type.open) continue;
      understood += 1;
      if (field === undefined) put(made, child.name, ofName(child) ?? loose(child));
      else if (field.many) (own(made, field.name) as Json[]).push(value(child, field.type()));
      else put(made, field.name, value(child, field.type()));
    }
    if (understood === 0 && element.children.length > 0) throw unknown(element);
    for (const { name, ns, type: typeOf } of type.attributes) {
      const text = attributeOf(element, name, ns);
      if (text !== undefined) put(made, `@${name}`, readValue(typeOf(), text));
    }
    if (type.content === undefined) return made;
    const content = readValue(type.content, element.text);
    if (type.attributes.length === 0) return content;
    put(made, '#', content);
    return made;
  };

  const value = (element: Element, declared: Type): Json => {
    if (isNil(element)) return null;
    const type = claimed(element, declared);
    if (type.kind === 'any') return loose(element);
    if (type.kind === 'complex') return complex(element, type, declared);
    if (element.children.length > 0) throw unknown(element);
    return readValue(type, element.text);
  };
  return { value, loose, ofName };
};

const isDerived = (type: ComplexType, from: ComplexType): boolean => {
  for (let at: ComplexType | undefined = type; at !== undefined; at = at.base()) if (at === from) return true;
  return false;
};

const indexes = new WeakMap<ComplexType, ReadonlyMap<string, Field>>();
const fieldFor = (type: ComplexType, { ns, name }: QName): Field | undefined => {
  let index = indexes.get(type);
  if (index === undefined) {
    index = new Map(type.fields.map((field) => [`{${field.ns}}${field.name}`, field]));
    indexes.set(type, index);
  }
  return index.get(`{${ns}}${name}`);
};

/** An object whatever came: a message that is one value alone stands under `#`. */
export const asMessage = (value: Json): JsonObject => (isObject(value) ? value : { '#': value });
