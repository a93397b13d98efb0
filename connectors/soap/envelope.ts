/** The envelope around every message, and the faults that may stand in it. */
import type { Json, JsonObject } from '../../src/domain/json.ts';
import type { SoapVersion } from './definitions.ts';
import { NS, qnameIn } from './namespaces.ts';
import { attributeOf, childOf, childrenOf, type Element } from './xml.ts';

/** The prefix of the envelope in what we write. */
export const ENVELOPE_PREFIX = 'soap';

/** Namespace of an envelope of this version. */
export const envelopeNamespace = (version: SoapVersion): string => (version === '1.2' ? NS.envelope12 : NS.envelope11);

/** A whole message. `header` and `body` are XML already. */
export const envelope = (version: SoapVersion, declarations: string, header: string, body: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><${ENVELOPE_PREFIX}:Envelope xmlns:${ENVELOPE_PREFIX}="${envelopeNamespace(version)}"${declarations}>` +
  `<${ENVELOPE_PREFIX}:Header>${header}</${ENVELOPE_PREFIX}:Header><${ENVELOPE_PREFIX}:Body>${body}</${ENVELOPE_PREFIX}:Body></${ENVELOPE_PREFIX}:Envelope>`;

/** What an envelope holds. */
export type Content =
  | { readonly fault: Element; readonly ns: string }
  | { readonly message: Element | undefined }
  | { readonly problem: string };

/** The one thing in the body of an envelope, of either version: a fault may come in the other than ours. */
export const contentOf = (root: Element): Content => {
  const { ns, name } = root;
  if (name !== 'Envelope' || (ns !== NS.envelope11 && ns !== NS.envelope12))
    return { problem: `"${name.slice(0, 60)}", which is no SOAP envelope` };
  const body = childOf(root, ns, 'Body');
  if (body === undefined) return { problem: 'an envelope without a body' };
  const [message, ...others] = body.children;
  if (others.length > 0) return { problem: `a body with ${others.length + 1} messages, where one is due` };
  if (message?.ns === ns && message.name === 'Fault') return { fault: message, ns };
  return { message };
};

const textOf = (element: Element | undefined): string => element?.text.trim() ?? '';
/** A fault's code is a name with a prefix; the prefix is the sender's own business. */
const codeIn = (element: Element | undefined): string => {
  const text = textOf(element);
  return (element === undefined ? undefined : qnameIn(element.scope, text)?.name) ?? text;
};

/** `details` makes values of what stands in the fault's detail. */
const fault11 = (fault: Element, details: (element: Element) => JsonObject): JsonObject => {
  // By rule they have no namespace; some systems give them one all the same.
  const part = (name: string): Element | undefined => fault.children.find((child) => child.name === name);
  const detail = part('detail');
  return {
    code: codeIn(part('faultcode')),
    reason: textOf(part('faultstring')),
    actor: textOf(part('faultactor')),
    detail: detail === undefined ? {} : details(detail),
  };
};

const fault12 = (fault: Element, ns: string, details: (element: Element) => JsonObject): JsonObject => {
  const code = childOf(fault, ns, 'Code');
  const subcodes: string[] = [];
  for (
    let at = code === undefined ? undefined : childOf(code, ns, 'Subcode');
    at !== undefined;
    at = childOf(at, ns, 'Subcode')
  )
    subcodes.push(codeIn(childOf(at, ns, 'Value')));
  const reason = childOf(fault, ns, 'Reason');
  const texts = reason === undefined ? [] : childrenOf(reason, ns, 'Text');
  const english = texts.find((text) => attributeOf(text, 'lang', NS.xml)?.startsWith('en'));
  const detail = childOf(fault, ns, 'Detail');
  return {
    code: codeIn(code === undefined ? undefined : childOf(code, ns, 'Value')),
    ...(subcodes.length === 0 ? {} : { subcode: subcodes[0] as Json, subcodes }),
    reason: textOf(english ?? texts[0]),
    actor: textOf(childOf(fault, ns, 'Role')),
    detail: detail === undefined ? {} : details(detail),
  };
};

/** A fault of either version in one form: `code`, `subcode`, `reason`, `actor`, `detail`. */
export const readFault = (fault: Element, ns: string, details: (element: Element) => JsonObject): JsonObject =>
  ns === NS.envelope12 ? fault12(fault, ns, details) : fault11(fault, details);

const STATUS_OF: Readonly<Record<string, number>> = {
  Client: 400,
  Sender: 400,
  Server: 500,
  Receiver: 500,
  VersionMismatch: 501,
  MustUnderstand: 501,
  DataEncodingUnknown: 415,
  // WS-Security 1.1, 12: what a wsse fault says.
  FailedAuthentication: 401,
  FailedCheck: 401,
  InvalidSecurity: 401,
  InvalidSecurityToken: 401,
  SecurityTokenUnavailable: 401,
  UnsupportedSecurityToken: 401,
  MessageExpired: 401,
};

/** Statuses that say nothing of their own about a fault: SOAP 1.1 sends each with 500, and some systems with 200. */
const SAYS_NOTHING = new Set([200, 202, 400, 500]);

/** The status that a fault stands for. */
export const statusOfFault = (fault: JsonObject, status: number): number => {
  if (!SAYS_NOTHING.has(status)) return status;
  const codes = [fault['subcode'], fault['code']].map((code) => (typeof code === 'string' ? code : ''));
  const security = codes.find((code) => STATUS_OF[code] === 401);
  if (security !== undefined) return 401;
  const family = codes[1]?.split('.')[0] ?? '';
  return (Object.hasOwn(STATUS_OF, family) ? STATUS_OF[family] : undefined) ?? (status === 400 ? 400 : 500);
};
