/** What one direction of an operation holds: one element, by document/literal or rpc/literal. */
import { type Definitions, type Fail, referred, soapChild } from './definitions.ts';
import { NS, type QName, qnameIn } from './namespaces.ts';
import type { ElementDeclaration, Field, Schemas } from './types.ts';
import { attributeOf, childOf, childrenOf, type Element } from './xml.ts';

/** What the messages of one port are made of. */
export interface Messages {
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
      parameter: true,
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
export const bodyOf = (
  bound: Element,
  abstract: Element,
  way: 'input' | 'output',
  style: string,
  messages: Messages,
) => {
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
