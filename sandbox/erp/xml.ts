/** The ERP's answers as XML, written by hand: what stands in `wsdl/`, in its order. */
import { type Doc, isDoc, type Value } from '../kit/json.ts';

const MESSAGES = 'urn:sandbox-erp:partners';
const escaped = (value: string): string =>
  value.replace(/[&<>\r]/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' })[one] ?? one);

/** Elements below these have the namespace of the types. */
const prefixIn = (parent: string): string =>
  parent === 'partner' || parent === 'contact' || parent === 'addresses' ? 't' : 'p';

const one = (name: string, value: Value, prefix: string): string => {
  const tag = `${prefix}:${name}`;
  if (value === null) return `<${tag} xsi:nil="true"/>`;
  if (!isDoc(value)) return `<${tag}>${escaped(String(value))}</${tag}>`;
  const inner = prefixIn(name);
  const parts = Object.entries(value).map(([key, part]) =>
    Array.isArray(part)
      ? (part as readonly Value[]).map((each) => one(key, each, inner)).join('')
      : one(key, part, inner),
  );
  return `<${tag}>${parts.join('')}</${tag}>`;
};

/** An answer's element. */
export const elementOf = (name: string, content: Doc): string => one(name, content, 'p');

/** A fault with the ERP's own detail. */
export const faultOf = (family: string, sentence: string, detail: Doc): string =>
  `<soap:Fault><faultcode>soap:${family}</faultcode><faultstring>${escaped(sentence)}</faultstring>` +
  `<detail>${one('PartnerFault', detail, 'p')}</detail></soap:Fault>`;

/** The envelope around it. */
export const envelopeOf = (body: string): string =>
  '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"' +
  ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:p="${MESSAGES}" xmlns:t="urn:sandbox-erp:types">` +
  `<soap:Body>${body}</soap:Body></soap:Envelope>`;
