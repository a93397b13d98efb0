/**
 * Messages through the one outbound door. What comes back is an ordinary reply with JSON in it, whose status says what a
 * fault means: so lists, reads and writes are the same as everywhere, and a fault in a 200 is a fault.
 */
import { SyncError } from '../../src/domain/errors.ts';
import { type Json, type JsonObject, sameJson, stringifyJson } from '../../src/domain/json.ts';
import { retryAfterOf, type Signal } from '../engine/errors.ts';
import { compilePath, compileRefusal, textOf } from '../rest/request.ts';
import type { Http, HttpReply, HttpRequest } from '../sdk/http.ts';
import { declaredEncoding } from './characters.ts';
import { asMessage, createDecoder } from './decode.ts';
import { contentOf, envelope, readFault, statusOfFault } from './envelope.ts';
import { keyOf, NS } from './namespaces.ts';
import type { SoapPreset } from './schema.ts';
import type { Secured } from './security.ts';
import type { Contract, Operation } from './wsdl.ts';
import { type Element, readXml } from './xml.ts';

/** A message that is ready but for its envelope; it travels as the body of a request to the door. */
export interface Message {
  readonly text: string;
  readonly type: string;
  readonly operation: Operation;
  /** Namespaces whose prefixes `text` and `header` use. */
  readonly declarations: string;
  readonly header: string;
}

/** What a reply turned out to be: its message, or a refusal that the error table sorts. */
interface Understood {
  readonly status: number;
  readonly body: JsonObject;
  readonly signal?: Signal;
}

const PROTOCOL = 'PROTOCOL_ERROR';
const REFUSED = 422;
const NOBODY = new Set([404, 405, 410]);

const kindOf = (reply: HttpReply): string =>
  (reply.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
const XML_TYPES = new Set(['text/xml', 'application/soap+xml', 'application/xml']);

/** Why a reply cannot be SOAP at all, from its outside; undefined when it may be. */
const notSoap = (reply: HttpReply): string | undefined => {
  const type = kindOf(reply);
  const shown = type.slice(0, 60) || 'no content type';
  if (type.startsWith('multipart/'))
    return `a message in parts (${shown}): MTOM and attachments are not supported; switch them off in the system`;
  if (type === 'text/html' || /^\s*<(?:!doctype\s+html|html)\b/i.test(reply.text))
    return `a web page (${shown}) where SOAP was due`;
  return XML_TYPES.has(type) ? undefined : `${shown} where SOAP was due`;
};

/** The door has read the bytes as the Content-Type says, or as UTF-8; what the document itself says must not differ. */
const wrongEncoding = ({ headers, text }: HttpReply): string | undefined => {
  const encoding = declaredEncoding(text);
  if (encoding === undefined || encoding === 'utf-8' || /charset=/i.test(headers['content-type'] ?? ''))
    return undefined;
  return /[^\x00-\x7f]/.test(text)
    ? `XML that says it is ${encoding.slice(0, 30)}, while its bytes are UTF-8 and its Content-Type names no charset`
    : undefined;
};

const hasXop = (element: Element): boolean => element.ns === NS.xop || element.children.some(hasXop);

/** Compiles the replies that are refusals although they are no faults. */
const createRefused = (rules: SoapPreset['refused']) => {
  const compiled = rules.map(({ at, ok, bad, code = at, message, fields }) => ({
    read: compilePath(at),
    isRefusal: (value: Json): boolean => {
      const among = (values: readonly unknown[]): boolean => values.some((one) => sameJson(one as Json, value));
      return ok === undefined ? among(bad ?? []) : !among(ok);
    },
    signal: compileRefusal({ code, message, fields }),
  }));
  return (body: JsonObject): Signal | undefined => {
    for (const { read, isRefusal, signal } of compiled) {
      const value = read(body);
      if (value !== undefined && isRefusal(value)) return signal(body);
    }
    return undefined;
  };
};

/** Reads a fault's code, message and fields from wherever the preset says they stand: the first that is there. */
const createFaultSignal = ({ code, message, fields }: SoapPreset['fault']) => {
  const first = (paths: readonly string[]) => {
    const readers = paths.map(compilePath);
    return (fault: JsonObject): string | undefined => {
      for (const read of readers) {
        const text = textOf(read(fault) as Json | undefined);
        if (text !== undefined) return text;
      }
      return undefined;
    };
  };
  const [codeOf, messageOf, signal] = [first(code), first(message), compileRefusal({ fields })];
  return (fault: JsonObject): Signal => ({ ...signal(fault), code: codeOf(fault), message: messageOf(fault) });
};

/** Reads replies by what the contract says. */
const createReading = (preset: SoapPreset, contract: Contract) => {
  const refusedIn = createRefused(preset.refused);
  const faultSignal = createFaultSignal(preset.fault);
  const retryHeader = preset.retry_after.toLowerCase();

  return (operation: Operation, reply: HttpReply): Understood => {
    const what = `"${operation.name}" was answered with`;
    const broken = (problem: string): SyncError =>
      new SyncError(PROTOCOL, `${what} ${problem}`, { status: reply.status });
    const decoder = createDecoder(contract.schemas, (element) =>
      broken(
        `${keyOf(element).slice(0, 200)}, of whose content the stored WSDL knows nothing; compare it with the system’s own`,
      ),
    );
    const wait = { retryAfterMs: retryAfterOf(reply.headers, retryHeader) };
    const succeeded = reply.status >= 200 && reply.status < 300;
    const outside = notSoap(reply) ?? wrongEncoding(reply);
    const empty = reply.text.trim() === '';
    if (!succeeded && (empty || outside !== undefined)) {
      // Nobody there knows of SOAP: that is no answer about a record, and must not pass for one.
      if (NOBODY.has(reply.status)) throw broken(`status ${reply.status} and no SOAP message; is the endpoint right?`);
      return { status: reply.status, body: {}, signal: { status: reply.status, ...wait } };
    }
    if (empty && operation.oneWay) return { status: reply.status, body: {} };
    if (empty) throw broken('nothing, where SOAP was due');
    if (outside !== undefined) throw broken(outside);
    const root = readXml(reply.text, (problem, kind) =>
      kind === 'too-large'
        ? new SyncError('REPLY_TOO_LARGE', `${what} more than we read: ${problem}`)
        : broken(`XML that cannot be read: ${problem}`),
    );
    const content = contentOf(root);
    if ('problem' in content) throw broken(content.problem);
    if ('fault' in content) {
      const fault = readFault(content.fault, content.ns, (detail) =>
        asMessage(isEmpty(detail) ? {} : decoder.loose(detail)),
      );
      const status = statusOfFault(fault, reply.status);
      return { status, body: { fault }, signal: { ...faultSignal(fault), status, ...wait } };
    }
    if (!succeeded) throw broken(`status ${reply.status}, but with a message as if it had gone well`);
    if (hasXop(root))
      throw broken('an attachment beside the message: MTOM is not supported; switch it off in the system');
    const body = messageOf(operation, content.message, decoder, broken);
    const signal = refusedIn(body);
    return signal === undefined
      ? { status: reply.status, body }
      : { status: REFUSED, body, signal: { ...signal, status: REFUSED, ...wait } };
  };
};

const isEmpty = (element: Element): boolean => element.children.length === 0 && element.text.trim() === '';

const messageOf = (
  operation: Operation,
  message: Element | undefined,
  decoder: ReturnType<typeof createDecoder>,
  broken: (problem: string) => SyncError,
): JsonObject => {
  const { output } = operation;
  if (message === undefined) {
    if (output === undefined) return {};
    throw broken(`an empty body, where ${keyOf(output)} was due`);
  }
  if (output === undefined || message.name !== output.name || message.ns !== output.ns)
    throw broken(`${keyOf(message).slice(0, 200)}, where ${output === undefined ? 'nothing' : keyOf(output)} was due`);
  return asMessage(decoder.value(message, output.type()));
};

const sentAs = (contract: Contract, { operation, text, declarations, header }: Message, secured: Secured) => {
  const { version } = contract.port;
  const action = operation.action.replace(/["\\]/g, '');
  const type =
    version === '1.2'
      ? `application/soap+xml; charset=utf-8${action === '' ? '' : `; action="${action}"`}`
      : 'text/xml; charset=utf-8';
  const headers: Record<string, string> = {
    accept: version === '1.2' ? 'application/soap+xml, text/xml' : 'text/xml',
    ...(version === '1.1' ? { soapaction: `"${action}"` } : {}),
  };
  const xml = secured.sign(envelope(version, declarations, secured.header() + header, text));
  return { headers, body: { text: xml, type } };
};

/** Where a message stands in a request. */
const isMessage = (body: HttpRequest['body']): body is Message => body !== undefined && 'operation' in body;

/** Signals of refused replies, by reply: what the error table is given. */
const signals = new WeakMap<HttpReply, Signal>();

/** What a refused reply says. */
export const signalOf = (reply: HttpReply): Signal => signals.get(reply) ?? { status: reply.status };

const replyOf = (from: HttpReply, { status, body, signal }: Understood): HttpReply => {
  const reply: HttpReply = {
    status,
    headers: from.headers,
    get text() {
      return stringifyJson(body);
    },
    json: () => body,
  };
  if (signal !== undefined) signals.set(reply, signal);
  return reply;
};

/** A door that messages go through, over the one that bytes go through. */
export const createSoapDoor = (http: Http, preset: SoapPreset, contract: Contract, secured: Secured): Http => {
  const understand = createReading(preset, contract);
  return {
    request: async (request, call) => {
      if (!isMessage(request.body)) throw new SyncError('INTERNAL', 'a request without a message');
      const { headers, body } = sentAs(contract, request.body, secured);
      const reply = await http.request({ ...request, headers: { ...headers, ...request.headers }, body }, call);
      return replyOf(reply, understand(request.body.operation, reply));
    },
    close: () => http.close(),
  };
};
