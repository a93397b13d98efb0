import { afterEach, expect, test } from 'vitest';
import { basic, call, docOf } from '../kit/calls.ts';
import { text } from '../kit/json.ts';
import type { Running } from '../kit/run.ts';
import { startErp } from './server.ts';

let running: Running | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const envelope = (body: string, header = ''): string =>
  `<S:Envelope xmlns:S="${ENVELOPE}" xmlns:p="urn:sandbox-erp:partners" xmlns:t="urn:sandbox-erp:types"><S:Header>${header}</S:Header><S:Body>${body}</S:Body></S:Envelope>`;
const partner = (name: string): string =>
  `<p:item><p:reference>r</p:reference><p:partner><t:organization_name>${name}</t:organization_name><t:grouping>Z001</t:grouping><t:credit_limit>1200.50</t:credit_limit><t:addresses><t:use>bill-to</t:use><t:country>DE</t:country></t:addresses></p:partner></p:item>`;

const anErp = async () => {
  const erp = await startErp({ customers: 0 });
  running = erp;
  const url = `${erp.url}/soap/partners`;
  const send = async (message: string, headers: Record<string, string> = basic('tally', 'tally-secret')) => {
    const reply = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'text/xml', ...headers },
      body: message,
    });
    return { status: reply.status, said: await reply.text() };
  };
  return { erp, url, send };
};

test('what is created by SOAP is one commit, and the same partner by REST', async () => {
  const { erp, send } = await anErp();
  const { status, said } = await send(envelope(`<p:createPartners>${partner(' A &amp; B ')}</p:createPartners>`));
  expect([status, /<p:number>(\d+)</.exec(said)?.[1]]).toEqual([200, '0000100001']);
  const headers = basic('tally', 'tally-secret');
  const rest = await call('GET', `${erp.url}/api/partners`, { headers });
  expect(text(rest.body)).toContain('"organization_name":" A & B "');
  expect(text(rest.body)).toContain('"credit_limit":1200.50');
  expect(docOf(await call('GET', `${erp.controlUrl}/control/counts`))).toMatchObject({ commits: { tally: 1 } });
});

test('one refused item stands among the others; a page has nil where nothing follows', async () => {
  const { send } = await anErp();
  const { said } = await send(
    envelope(`<p:createPartners>${partner('A')}${partner('x'.repeat(81))}</p:createPartners>`),
  );
  expect([...said.matchAll(/<p:ok>(\w+)</g)].map(([, ok]) => ok)).toEqual(['true', 'false']);
  expect(said).toContain('<p:code>TOO_LONG</p:code>');
  const page = await send(envelope('<p:listPartners><p:page_size>10</p:page_size></p:listPartners>'));
  expect(page.said).toContain('<p:after xsi:nil="true"/>');
});

test.each([
  ['no XML', 'hello', 'BAD_MESSAGE'],
  ['XML that breaks off', envelope('<p:ping/>').slice(0, -20), 'BAD_MESSAGE'],
  ['an operation that is not there', envelope('<p:sing/>'), 'BAD_MESSAGE'],
  ['a partner that is not there', envelope('<p:deletePartner><p:number>1</p:number></p:deletePartner>'), 'NOT_FOUND'],
])('%s is answered with a fault that has a code', async (_what, message, code) => {
  const { send } = await anErp();
  const { status, said } = await send(message);
  expect(status).toBe(500);
  expect(said).toContain('<faultcode>soap:Client</faultcode>');
  expect(said).toContain(`<p:code>${code}</p:code>`);
});

test('its WSDL names where its schema is, and both are served to those who may come in', async () => {
  const { url } = await anErp();
  const headers = basic('tally', 'tally-secret');
  const read = async (address: string) => (await fetch(address, { headers })).text();
  const [, location = ''] = /schemaLocation="([^"]+)"/.exec(await read(`${url}?wsdl`)) ?? [];
  expect(await read(new URL(location, url).href)).toContain('targetNamespace="urn:sandbox-erp:types"');
  expect((await fetch(`${url}?wsdl`)).status).toBe(401);
});

test('nobody comes in without Basic or a token that proves the password', async () => {
  const { send } = await anErp();
  const token = (password: string): string =>
    `<w:Security xmlns:w="urn:w"><w:UsernameToken><w:Username>tally</w:Username><w:Password>${password}</w:Password></w:UsernameToken></w:Security>`;
  const by = async (password: string) => (await send(envelope('<p:ping/>', token(password)), {})).status;
  expect([await by('tally-secret'), await by('wrong'), (await send(envelope('<p:ping/>'), {})).status]).toEqual([
    200, 401, 401,
  ]);
});
