/** Prefixes and the namespaces they stand for, and names that carry theirs. */

/** Declarations of one element: prefix to namespace, `''` for the default one. */
export type Namespaces = ReadonlyMap<string, string>;

/** What prefixes mean at one place of a document. */
export interface Scope {
  find(prefix: string): string | undefined;
}

/** Namespaces that the engine itself knows. */
export const NS = {
  xml: 'http://www.w3.org/XML/1998/namespace',
  xsd: 'http://www.w3.org/2001/XMLSchema',
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
  wsdl: 'http://schemas.xmlsoap.org/wsdl/',
  soap11Binding: 'http://schemas.xmlsoap.org/wsdl/soap/',
  soap12Binding: 'http://schemas.xmlsoap.org/wsdl/soap12/',
  envelope11: 'http://schemas.xmlsoap.org/soap/envelope/',
  envelope12: 'http://www.w3.org/2003/05/soap-envelope',
  encoding: 'http://schemas.xmlsoap.org/soap/encoding/',
  xop: 'http://www.w3.org/2004/08/xop/include',
  mtomPolicy: 'http://schemas.xmlsoap.org/ws/2004/09/policy/optimizedmimeserialization',
} as const;

/** Where a document begins: no default namespace, and the prefix `xml`. */
export const ROOT: Scope = { find: (prefix) => (prefix === '' ? '' : prefix === 'xml' ? NS.xml : undefined) };

/** A place inside another, with declarations of its own. */
export const within = (outer: Scope, declared: Namespaces): Scope =>
  declared.size === 0 ? outer : { find: (prefix) => declared.get(prefix) ?? outer.find(prefix) };

/** A name with its namespace. */
export interface QName {
  readonly ns: string;
  readonly name: string;
}

/** As one text, to look things up by. */
export const keyOf = ({ ns, name }: QName): string => `{${ns}}${name}`;

/** What `prefix:name` means at a place; a name without prefix is in the default namespace. Undefined for an unknown prefix. */
export const qnameIn = (scope: Scope, text: string): QName | undefined => {
  const [first = '', second] = text.trim().split(':');
  const ns = scope.find(second === undefined ? '' : first);
  return ns === undefined ? undefined : { ns, name: second ?? first };
};
