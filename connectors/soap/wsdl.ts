/** What a WSDL says: which operations a port has, and how their messages look. */

import type { StoredFile } from './bundle.ts';
import { keyOf, NS, type QName, qnameIn } from './namespaces.ts';
import type { ElementDeclaration, Field, Schemas } from './types.ts';
import { attributeOf, childOf, childrenOf, type Element } from './xml.ts';
import { compileSchemas, type SchemaDocument } from './xsd.ts';

/** SOAP itself: 1.1 or 1.2. */
export type SoapVersion = '1.1' | '1.2';

/** One operation as it stands on the wire. */
export interface Operation {
  readonly name: string;
  readonly action: string;
  /** What the request's body holds; undefined for an empty one. */
  readonly input: ElementDeclaration | undefined;
  /** What the reply's body holds; undefined for an empty one. */
  readonly output: ElementDeclaration | undefined;
  /** True when no reply is due at all. */
  readonly oneWay: boolean;
}
/** A port of a service. */
export interface Port {
  readonly service: string;
  readonly port: string;
  readonly version: SoapVersion;
  readonly operations: ReadonlyMap<string, Operation>;
}
/** Everything that is needed to talk to a port. */
export interface Contract {
  readonly port: Port;
  readonly schemas: Schemas;
}

type Fail = (problem: string) => Error;
const VERSIONS: readonly (readonly [string, SoapVersion])[] = [
  [NS.soap11Binding, '1.1'],
  [NS.soap12Binding, '1.2'],
];

interface Definitions {
  /** A definition of this kind by its name. */
  find(kind: string, name: QName): Element | undefined;
  all(kind: string): readonly Element[];
}

const definitionsOf = (roots: readonly Element[]): Definitions => {
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

/** Schemas of the bundle. One without a namespace of its own that another includes takes the other's. */
const schemasOf = (
  files: readonly StoredFile[],
  resolve: (location: string, importer: string) => string | undefined,
) => {
  const documents: SchemaDocument[] = [];
  const seen = new Set<string>();
  const byPath = new Map(files.map((file) => [file.path, file.root]));
  const add = (element: Element, path: string, around: string | undefined): void => {
    const target = attributeOf(element, 'targetNamespace') ?? around ?? '';
    documents.push({ element, target });
    for (const child of element.children) {
      if (child.ns !== NS.xsd || !['include', 'redefine', 'override', 'import'].includes(child.name)) continue;
      const location = attributeOf(child, 'schemaLocation');
      const next = location === undefined ? undefined : resolve(location, path);
      const root = next === undefined ? undefined : byPath.get(next);
      const inherited = child.name === 'import' ? undefined : target;
      const key = `${next} ${inherited ?? ''}`;
      if (root === undefined || next === undefined || seen.has(key)) continue;
      seen.add(key);
      add(root, next, inherited);
    }
  };
  for (const { root, path } of files) {
    if (root.ns !== NS.wsdl) continue;
    for (const types of childrenOf(root, NS.wsdl, 'types'))
      for (const schema of childrenOf(types, NS.xsd, 'schema')) add(schema, path, undefined);
  }
  return documents;
};

const soapChild = (element: Element, name: string): Element | undefined =>
  element.children.find((child) => child.name === name && VERSIONS.some(([ns]) => ns === child.ns));

/** The definition that an attribute refers to. */
const referred = (definitions: Definitions, element: Element, attribute: string, kind: string, fail: Fail): Element => {
  const text = attributeOf(element, attribute) ?? '';
  const name = qnameIn(element.scope, text);
  const found = name === undefined ? undefined : definitions.find(kind, name);
  if (found === undefined) throw fail(`a ${element.name} refers to the ${kind} "${text}", which is not there`);
  return found;
};

interface Messages {
  readonly definitions: Definitions;
  readonly schemas: Schemas;
  readonly fail: Fail;
}

const partType = (part: Element, { schemas, fail }: Messages) => {
  const name = qnameIn(part.scope, attributeOf(part, 'type') ?? '');
  const type = name === undefined ? undefined : schemas.type(name);
  if (type === undefined)
    throw fail(
      `the part "${attributeOf(part, 'name')}" has the type "${attributeOf(part, 'type')}", which no stored schema declares`,
    );
  return type;
};

/** An rpc message: one element named after the operation, in which each part is an element without a namespace. */
const rpcBody = (name: QName, parts: readonly Element[], messages: Messages): ElementDeclaration => {
  const fields = parts.map(
    (part): Field => ({
      ns: '',
      name: attributeOf(part, 'name') ?? '',
      type: () => partType(part, messages),
      many: false,
      required: true,
      nillable: true,
    }),
  );
  const type = {
    kind: 'complex',
    qname: undefined,
    base: () => undefined,
    abstract: false,
    fields,
    attributes: [],
    content: undefined,
    open: false,
  } as const;
  return { ...name, nillable: false, type: () => type };
};

const documentBody = (
  operation: string,
  parts: readonly Element[],
  { schemas, fail }: Messages,
): ElementDeclaration | undefined => {
  const [only, ...others] = parts;
  if (only === undefined) return undefined;
  const text = attributeOf(only, 'element');
  if (others.length > 0 || text === undefined)
    throw fail(
      `the operation "${operation}" is document style, but its message is not one element; this is not supported`,
    );
  const name = qnameIn(only.scope, text);
  const declared = name === undefined ? undefined : schemas.element(name);
  if (declared === undefined)
    throw fail(`the operation "${operation}" uses the element "${text}", which no stored schema declares`);
  return declared;
};

/** What one direction of an operation holds. */
const bodyOf = (bound: Element, abstract: Element, way: 'input' | 'output', style: string, messages: Messages) => {
  const operation = attributeOf(abstract, 'name') ?? '';
  const declared = childOf(abstract, NS.wsdl, way);
  const direction = childOf(bound, NS.wsdl, way);
  if (declared === undefined) return undefined;
  const body = direction === undefined ? undefined : soapChild(direction, 'body');
  if (attributeOf(body ?? bound, 'use') === 'encoded')
    throw messages.fail(`the operation "${operation}" is encoded (rpc/encoded); only literal messages are supported`);
  const message = referred(messages.definitions, declared, 'message', 'message', messages.fail);
  const wanted = attributeOf(body ?? bound, 'parts')?.split(/\s+/);
  const parts = childrenOf(message, NS.wsdl, 'part').filter(
    (part) => wanted === undefined || wanted.includes(attributeOf(part, 'name') ?? ''),
  );
  if (style !== 'rpc') return documentBody(operation, parts, messages);
  const name = way === 'input' ? operation : `${operation}Response`;
  return rpcBody({ ns: attributeOf(body ?? bound, 'namespace') ?? '', name }, parts, messages);
};

const operationsOf = (binding: Element, messages: Messages): ReadonlyMap<string, Operation> => {
  const portType = referred(messages.definitions, binding, 'type', 'portType', messages.fail);
  const style = attributeOf(soapChild(binding, 'binding') ?? binding, 'style') ?? 'document';
  const operations = new Map<string, Operation>();
  for (const bound of childrenOf(binding, NS.wsdl, 'operation')) {
    const name = attributeOf(bound, 'name') ?? '';
    const abstract = childrenOf(portType, NS.wsdl, 'operation').find((each) => attributeOf(each, 'name') === name);
    if (abstract === undefined) continue;
    const soap = soapChild(bound, 'operation');
    const own = (soap === undefined ? undefined : attributeOf(soap, 'style')) ?? style;
    // Compiled when first used: what is wrong with operations that nobody uses is nobody's trouble.
    let input: { readonly body: ElementDeclaration | undefined } | undefined;
    let output: { readonly body: ElementDeclaration | undefined } | undefined;
    operations.set(name, {
      name,
      action: (soap === undefined ? undefined : attributeOf(soap, 'soapAction')) ?? '',
      get input() {
        input ??= { body: bodyOf(bound, abstract, 'input', own, messages) };
        return input.body;
      },
      get output() {
        output ??= { body: bodyOf(bound, abstract, 'output', own, messages) };
        return output.body;
      },
      oneWay: childOf(abstract, NS.wsdl, 'output') === undefined,
    });
  }
  return operations;
};

interface Candidate {
  readonly service: string;
  readonly port: string;
  readonly version: SoapVersion;
  readonly binding: Element;
}

const candidates = (definitions: Definitions, fail: Fail): readonly Candidate[] =>
  definitions.all('service').flatMap((service) =>
    childrenOf(service, NS.wsdl, 'port').flatMap((port) => {
      const version = VERSIONS.find(([ns]) => childOf(port, ns, 'address') !== undefined)?.[1];
      if (version === undefined) return [];
      const names = { service: attributeOf(service, 'name') ?? '', port: attributeOf(port, 'name') ?? '' };
      return [{ ...names, version, binding: referred(definitions, port, 'binding', 'binding', fail) }];
    }),
  );

/** MTOM that a policy demands: every message would have to be sent in parts. */
const demandsMtom = (element: Element): boolean =>
  (element.name === 'OptimizedMimeSerialization' &&
    !element.attributes.some(({ name, value }) => name === 'Optional' && value === 'true')) ||
  element.children.some(demandsMtom);

/** Which port of the WSDL to use; a name where there are several. */
export interface PortChoice {
  readonly service?: string | undefined;
  readonly port?: string | undefined;
}

/** Reads the contract of one port out of the stored files. */
export const readContract = (
  files: readonly StoredFile[],
  resolve: (location: string, importer: string) => string | undefined,
  choice: PortChoice,
  fail: Fail,
): Contract => {
  const roots = files.map(({ root }) => root).filter(({ ns, name }) => ns === NS.wsdl && name === 'definitions');
  if (roots.length === 0) throw fail('it is no WSDL 1.1: its top element is not "definitions"');
  if (roots.some(demandsMtom))
    throw fail('its policy demands MTOM, which is not supported; switch MTOM off in the system');
  const definitions = definitionsOf(roots);
  const all = candidates(definitions, fail);
  const fitting = all.filter(
    ({ service, port }) =>
      (choice.service === undefined || choice.service === service) &&
      (choice.port === undefined || choice.port === port),
  );
  const [chosen, ...others] = fitting;
  const shown = all.map(({ service, port, version }) => `${service}/${port} (SOAP ${version})`).join(', ');
  if (chosen === undefined) throw fail(`it has no such SOAP port; it has ${shown || 'none'}`);
  if (others.length > 0) throw fail(`it has several SOAP ports; choose one with "service" and "port": ${shown}`);
  const schemas = compileSchemas(schemasOf(files, resolve), fail);
  const operations = operationsOf(chosen.binding, { definitions, schemas, fail });
  return { schemas, port: { service: chosen.service, port: chosen.port, version: chosen.version, operations } };
};
