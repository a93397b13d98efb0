/** Requests to operations, made from a preset's templates. */
import type { Json } from '../../src/domain/json.ts';
import { bodyTemplate, pathTemplate, type Values } from '../engine/template.ts';
import type { Prepared } from '../rest/request.ts';
import type { RequestShape } from '../rest/schema.ts';
import type { Message } from './door.ts';
import { createEncoder, createPrefixes } from './encode.ts';
import type { MessageShape, SoapPreset } from './schema.ts';
import type { ElementDeclaration, Type } from './types.ts';
import type { Contract, Operation } from './wsdl.ts';

/** A message as the common machinery carries it: the operation is its path, the message its body. */
export const asRequest = ({ operation, message }: MessageShape): RequestShape => ({
  method: 'POST',
  path: `/${operation}`,
  body: message,
});

interface Materials {
  readonly preset: SoapPreset;
  readonly contract: Contract;
  readonly values: Values;
  readonly headers: Readonly<Record<string, string>>;
  readonly fail: (problem: string) => Error;
}

const operationOf = ({ contract, fail }: Materials, name: string): Operation => {
  const operation = contract.port.operations.get(name);
  if (operation !== undefined) return operation;
  throw fail(`the WSDL has no operation "${name}"; it has ${[...contract.port.operations.keys()].sort().join(', ')}`);
};

/** Makes every type that a message can hold: what is wrong with one is found now, and not when its first reply has come. */
const testTypes = (declaration: ElementDeclaration | undefined): void => {
  const seen = new Set<Type>();
  const walk = (type: Type): void => {
    if (type.kind !== 'complex' || seen.has(type)) return;
    seen.add(type);
    for (const attribute of type.attributes) attribute.type();
    for (const field of type.fields) walk(field.type());
  };
  if (declaration !== undefined) walk(declaration.type());
};

/** The header blocks that every envelope carries, each an element of the schemas. */
const createHeaders = ({ preset, contract, values, fail }: Materials) => {
  const encode = createEncoder(contract.schemas);
  const blocks = preset.soap_headers.map(({ namespace, element, content }) => {
    const declared = contract.schemas.element({ ns: namespace, name: element });
    if (declared === undefined) throw fail(`no stored schema declares the header {${namespace}}${element}`);
    return { declared, make: bodyTemplate(content as Json) };
  });
  return (prefixes: ReturnType<typeof createPrefixes>): string =>
    blocks.map(({ declared, make }) => encode(declared, make(values) as Json, prefixes)).join('');
};

/** Makes requests of shapes: CONFIG_INVALID for an operation that is not there, BAD_VALUE for what it cannot hold. */
export const createCompile = (materials: Materials) => {
  const { preset, contract, values, headers } = materials;
  const encode = createEncoder(contract.schemas);
  const headerOf = createHeaders(materials);
  const path = pathTemplate(preset.endpoint)(values);
  return (shape: RequestShape): ((own: Values) => Prepared) => {
    const operation = operationOf(materials, shape.path.slice(1));
    const { input, output } = operation;
    testTypes(input);
    testTypes(output);
    const make = bodyTemplate((shape.body ?? {}) as Json);
    return (own) => {
      const prefixes = createPrefixes();
      const document = make({ ...values, ...own }) as Json;
      const text = input === undefined ? '' : encode(input, document, prefixes);
      const header = headerOf(prefixes);
      const message: Message = { text, type: 'text/xml', operation, header, declarations: prefixes.declarations() };
      return { method: 'POST', path, headers, body: message };
    };
  };
};
