/** What a refused reply says: the error of V4 and of V2, with its details, and SAP's header of messages. */
import { isObject, type Json, type JsonObject, parseJson } from '../../src/domain/json.ts';
import { retryAfterOf, type Signal } from '../engine/errors.ts';
import { textOf } from '../rest/request.ts';
import type { Part } from './multipart.ts';

const parsed = (text: string): Json | undefined => {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
};

const at = (value: Json | undefined, name: string): Json | undefined =>
  value !== undefined && isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

/** V4 says a text, V2 a text with its language. */
const messageOf = (error: Json | undefined): string | undefined => {
  const message = at(error, 'message');
  return textOf(message) ?? textOf(at(message, 'value'));
};

const listed = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];

/** The messages behind a collective one, without those that are no errors. */
const detailsOf = (error: Json): readonly JsonObject[] =>
  [...listed(at(error, 'details')), ...listed(at(at(error, 'innererror'), 'errordetails'))].filter(
    (each) => !/^(?:success|info|warning)$/.test(textOf(at(each, 'severity')) ?? ''),
  );

const unique = (texts: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(texts.filter((text) => text !== undefined)),
];

/** `/#TRANSIENT#` is SAP's word for a message about nothing in particular. */
const targetOf = (each: Json): string | undefined => {
  const target = textOf(at(each, 'target'))?.replace(/^\/#TRANSIENT#(?:\/|$)/, '');
  return target === undefined || target === '' ? undefined : target;
};

const LONGEST = 1_500;

const fromError = (error: Json): Signal => {
  const details = detailsOf(error);
  const own = messageOf(error);
  // Where there are several, the first sentence alone says that there are several.
  const sentences = unique([own, ...details.map(messageOf)]);
  return {
    code: textOf(at(error, 'code')),
    message: sentences.join(' · ').slice(0, LONGEST),
    fields: unique([targetOf(error), ...details.map(targetOf)]),
  };
};

/** The header that SAP gateways send where a body has no room for messages: JSON with code, message and details. */
const fromHeader = (header: string | undefined): Signal => {
  const message = header === undefined ? undefined : parsed(header);
  if (message === undefined || !isObject(message)) return {};
  return fromError({ ...message, innererror: { errordetails: at(message, 'details') ?? [] } });
};

/** What a refused reply, or the refused part of a batch, says. */
export const signalOf = ({ status, headers, text }: Part, retryAfterHeader = 'retry-after'): Signal => {
  const error = at(parsed(text), 'error') ?? at(parsed(text), 'odata.error');
  const said = error === undefined ? fromHeader(headers['sap-message']) : fromError(error);
  return { ...said, status, retryAfterMs: retryAfterOf(headers, retryAfterHeader) };
};
