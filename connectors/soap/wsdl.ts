/** What a WSDL says: which operations a port has, and how their messages look. */
import { bodyOf, type Messages } from './bodies.ts';
import type { StoredFile } from './bundle.ts';
import {
  type Definitions,
  definitionsOf,
  type Fail,
  referred,
  type SoapVersion,
  soapChild,
  VERSIONS,
} from './definitions.ts';
import { NS } from './namespaces.ts';
import type { ElementDeclaration, Schemas } from './types.ts';
import { attributeOf, childOf, childrenOf, type Element } from './xml.ts';
import { compileSchemas, type SchemaDocument } from './xsd.ts';

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

const rootsIn = (files: readonly StoredFile[]): readonly Element[] =>
  files.map(({ root }) => root).filter(({ ns, name }) => ns === NS.wsdl && name === 'definitions');

/** Every SOAP port that the stored files offer, in their order. */
export const portsIn = (files: readonly StoredFile[], fail: Fail): readonly Omit<Port, 'operations'>[] =>
  candidates(definitionsOf(rootsIn(files)), fail).map(({ service, port, version }) => ({ service, port, version }));

/** Reads the contract of one port out of the stored files. */
export const readContract = (
  files: readonly StoredFile[],
  resolve: (location: string, importer: string) => string | undefined,
  choice: PortChoice,
  fail: Fail,
): Contract => {
  const roots = rootsIn(files);
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
