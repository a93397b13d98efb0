/** Definitions of a WSDL by their names, and how they refer to each other. */
import { keyOf, NS, type QName, qnameIn } from './namespaces.ts';
import { attributeOf, type Element } from './xml.ts';

/** SOAP itself: 1.1 or 1.2. */
export type SoapVersion = '1.1' | '1.2';

/** Makes the error for what is wrong. */
export type Fail = (problem: string) => Error;
/** Namespaces of bindings, and the version that each stands for. */
export const VERSIONS: readonly (readonly [string, SoapVersion])[] = [
  [NS.soap11Binding, '1.1'],
  [NS.soap12Binding, '1.2'],
];

/** What the documents define, by kind and name. */
export interface Definitions {
  /** A definition of this kind by its name. */
  find(kind: string, name: QName): Element | undefined;
  all(kind: string): readonly Element[];
}

/** Reads them. */
export const definitionsOf = (roots: readonly Element[]): Definitions => {
  const named = new Map<string, Element>();
  const all = roots.flatMap((root) => root.children.filter((child) => child.ns === NS.wsdl));
  for (const root of roots) {
    const ns = attributeOf(root, 'targetNamespace') ?? '';
    for (const child of root.children) {
      const name = attributeOf(child, 'name');
      if (child.ns === NS.wsdl && name !== undefined) named.set(`${child.name} ${keyOf({ ns, name })}`, child);
    }
  }
  return {
    find: (kind, name) => named.get(`${kind} ${keyOf(name)}`),
    all: (kind) => all.filter((child) => child.name === kind),
  };
};

/** The child that says how SOAP carries something, of either version. */
export const soapChild = (element: Element, name: string): Element | undefined =>
  element.children.find((child) => child.name === name && VERSIONS.some(([ns]) => ns === child.ns));

/** The definition that an attribute refers to. */
export const referred = (
  definitions: Definitions,
  element: Element,
  attribute: string,
  kind: string,
  fail: Fail,
): Element => {
  const text = attributeOf(element, attribute) ?? '';
  const name = qnameIn(element.scope, text);
  const found = name === undefined ? undefined : definitions.find(kind, name);
  if (found === undefined) throw fail(`a ${element.name} refers to the ${kind} "${text}", which is not there`);
  return found;
};
