/** What the stored schemas say about elements and types, in the form that reading and writing walk. */
import type { QName } from './namespaces.ts';

/** How the text of a simple value is meant. Whatever is none of the others is text. */
export type Meaning = 'text' | 'integer' | 'decimal' | 'float' | 'boolean' | 'date' | 'instant' | 'time' | 'binary';

/** A value without children. */
export interface SimpleType {
  readonly kind: 'simple';
  readonly meaning: Meaning;
  /** True for several values in one text, with spaces between them. */
  readonly list: boolean;
  readonly values: readonly string[];
  readonly max?: number | undefined;
}

/** One element inside a type. */
export interface Field extends QName {
  readonly type: () => Type;
  /** May come more than once: then it is always a list, also when it comes once. */
  readonly many: boolean;
  readonly required: boolean;
  readonly nillable: boolean;
  /** A parameter of an rpc message: a text without a value is written all the same, empty, since parameters cannot be left out. */
  readonly parameter?: boolean;
}

/** An attribute inside a type. */
export interface AttributeField extends QName {
  readonly type: () => SimpleType;
}

/** A value with children, attributes or both. */
export interface ComplexType {
  readonly kind: 'complex';
  /** Undefined for a type that has no name of its own. */
  readonly qname: QName | undefined;
  /** The type it is derived from, if any. */
  readonly base: () => ComplexType | undefined;
  readonly abstract: boolean;
  /** In the order in which they are written. */
  readonly fields: readonly Field[];
  readonly attributes: readonly AttributeField[];
  /** What its own text means, where it has text and attributes. */
  readonly content: SimpleType | undefined;
  /** True where any element may stand beside the known ones. */
  readonly open: boolean;
}

/** Anything: read as it comes, written only as text. */
export interface AnyType {
  readonly kind: 'any';
}

export type Type = SimpleType | ComplexType | AnyType;
export const ANY: AnyType = { kind: 'any' };
export const TEXT: SimpleType = { kind: 'simple', meaning: 'text', list: false, values: [] };

/** An element that may stand at the top of a message. */
export interface ElementDeclaration extends QName {
  readonly type: () => Type;
  readonly nillable: boolean;
}

/** Everything that the stored schemas declare, by name. */
export interface Schemas {
  element(name: QName): ElementDeclaration | undefined;
  type(name: QName): Type | undefined;
  /** Named types derived from this one, at any depth. */
  derived(type: ComplexType): readonly ComplexType[];
}

const BUILT_IN: Readonly<Record<string, Meaning>> = {
  boolean: 'boolean',
  decimal: 'decimal',
  float: 'float',
  double: 'float',
  date: 'date',
  dateTime: 'instant',
  dateTimeStamp: 'instant',
  time: 'time',
  base64Binary: 'binary',
  hexBinary: 'binary',
};
const INTEGERS = new Set([
  ...['integer', 'long', 'int', 'short', 'byte', 'nonNegativeInteger', 'positiveInteger', 'nonPositiveInteger'],
  ...['negativeInteger', 'unsignedLong', 'unsignedInt', 'unsignedShort', 'unsignedByte'],
]);
const LISTS = new Set(['NMTOKENS', 'IDREFS', 'ENTITIES']);

/** A type of XML Schema itself. */
export const builtIn = (name: string): Type => {
  if (name === 'anyType') return ANY;
  const meaning = INTEGERS.has(name) ? 'integer' : Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  return { kind: 'simple', meaning: meaning ?? 'text', list: LISTS.has(name), values: [] };
};
