import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { expect, onTestFinished, test } from 'vitest';
import { createConnector } from '../../connectors/index.ts';
import { childOf, type Element, readXml } from '../../connectors/soap/xml.ts';
import { startErp } from '../../sandbox/erp/server.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { aCall, aConnection } from '../kit/fake-http.ts';
import { presetOf } from '../kit/preset.ts';
import { ELLIPTIC_KEY, LOCKED, OTHER_CERTIFICATE, SIGNER } from '../kit/signer.ts';
import { aSystem, enveloped, xmlReply } from '../kit/soap.ts';
import { thrownBy } from '../kit/trial.ts';

const OASIS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';
const WSSE = `${OASIS}-wssecurity-secext-1.0.xsd`;
const WSU = `${OASIS}-wssecurity-utility-1.0.xsd`;
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const PASSWORD = 'p<&ss "wörd"';
const TOKEN = { user: 'tally & co', password: PASSWORD };

/** What was sent with this security, as text and as its Security header. */
const sent = async (security: JsonObject) => {
  const { connector, fake } = await aSystem(() => xmlReply(enveloped('<t:listResponse/>')), { over: { security } });
  await connector.list('Thing', { cursor: '', limit: 1 }, aCall());
  await connector.list('Thing', { cursor: '', limit: 1 }, aCall());
  const bodies = fake.asked.map(({ body }) => body);
  const headers = bodies.map((body) => {
    const root = readXml(body, (problem) => new Error(problem));
    return child(child(root, SOAP, 'Header'), WSSE, 'Security');
  });
  return { bodies, headers };
};
const child = (element: Element, ns: string, name: string): Element => {
  const found = childOf(element, ns, name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};
const token = (header: Element | undefined) => {
  const own = child(header as Element, WSSE, 'UsernameToken');
  const text = (ns: string, name: string): string | undefined => childOf(own, ns, name)?.text;
  return {
    user: text(WSSE, 'Username'),
    password: text(WSSE, 'Password'),
    type: childOf(own, WSSE, 'Password')
      ?.attributes.find(({ name }) => name === 'Type')
      ?.value.split('#')[1],
    nonce: text(WSSE, 'Nonce') ?? '',
    created: text(WSU, 'Created') ?? '',
  };
};

test('a UsernameToken in text has user and password, escaped, with a nonce and a timestamp', async () => {
  const { headers } = await sent({ username_token: TOKEN });
  expect(token(headers[0])).toMatchObject({ user: 'tally & co', password: PASSWORD, type: 'PasswordText' });
  expect(token(headers[0]).nonce).not.toBe('');
  expect(headers[0]?.attributes).toContainEqual({ ns: SOAP, name: 'mustUnderstand', value: '1' });
  const stamp = child(headers[0] as Element, WSU, 'Timestamp');
  const [created, expires] = ['Created', 'Expires'].map((name) => Date.parse(childOf(stamp, WSU, name)?.text ?? ''));
  expect((expires ?? 0) - (created ?? 0)).toBe(600_000);
});

test('a digest is that of nonce, time and password, and each message has its own', async () => {
  const { bodies, headers } = await sent({ username_token: { ...TOKEN, password_type: 'digest' } });
  const [first, second] = headers.map(token);
  const hash = createHash('sha1')
    .update(Buffer.from(first?.nonce ?? '', 'base64'))
    .update(`${first?.created}${PASSWORD}`);
  expect(first).toMatchObject({ type: 'PasswordDigest', password: hash.digest('base64') });
  expect(second?.nonce).not.toBe(first?.nonce);
  expect(bodies.join()).not.toContain('wörd');
});

test.each(['text', 'digest'])(
  'the ERP lets a UsernameToken in as %s, and nobody with another password',
  async (type) => {
    const erp = await startErp({ customers: 5 });
    onTestFinished(erp.close);
    const connect = (password: string) => {
      const preset = {
        ...(presetOf('sandbox-erp-soap') as JsonObject),
        auth: { kind: 'none' },
        security: { username_token: { user: '{settings.user}', password: '{settings.password}', password_type: type } },
      };
      const connector = createConnector({
        settings: aConnection(erp.url, { connector: 'sandbox-erp-soap', settings: { user: 'tally', password } }),
        preset,
        mode: 'local',
        secret: (reference) => reference,
      });
      onTestFinished(() => connector.close());
      return connector;
    };
    expect(await connect('tally-secret').check(aCall())).toMatchObject({
      who: 'tally',
      warnings: [expect.stringContaining('cannot be compared')],
    });
    expect(await thrownBy(connect('wrong').check(aCall()))).toMatchObject({ code: 'LOGIN_REFUSED' });
  },
);

interface Verifier {
  loadSignature(xml: string): void;
  checkSignature(xml: string): boolean;
}
const require = createRequire(createRequire(import.meta.url).resolve('soap'));
const { SignedXml } = require('xml-crypto') as { SignedXml: new (options: object) => Verifier };

/** Whether the signature in a message is that of its body and timestamp with this certificate's key. */
const verifies = (xml: string, certificate: string): boolean => {
  const signature = /<(?:ds:)?Signature[\s\S]*<\/(?:ds:)?Signature>/.exec(xml)?.[0] ?? '';
  const verifier = new SignedXml({ publicCert: certificate, idMode: 'wssecurity', getCertFromKeyInfo: () => null });
  verifier.loadSignature(signature);
  try {
    return verifier.checkSignature(xml);
  } catch {
    return false;
  }
};

test('body and timestamp are signed with our certificate; a changed body no longer fits', async () => {
  const { bodies } = await sent({ x509: SIGNER, username_token: TOKEN });
  const [xml = ''] = bodies;
  expect(xml.match(/<(?:ds:)?Reference /g)).toHaveLength(2);
  expect(xml).toContain('xmldsig-more#rsa-sha256');
  expect(verifies(xml, SIGNER.certificate)).toBe(true);
  expect(verifies(xml.replace('<n1:limit>1<', '<n1:limit>2<'), SIGNER.certificate)).toBe(false);
  expect(verifies(xml, OTHER_CERTIFICATE)).toBe(false);
  expect(xml).not.toContain('PRIVATE KEY');
});

test('a locked key signs with its passphrase', async () => {
  const { bodies } = await sent({ x509: { certificate: SIGNER.certificate, ...LOCKED }, must_understand: false });
  expect(verifies(bodies[0] ?? '', SIGNER.certificate)).toBe(true);
  expect(bodies[0]).not.toContain('mustUnderstand');
});

test.each([
  ['no certificate', { certificate: 'b' }, /the certificate of security is no X\.509 certificate/],
  ['no key', { key: 'a' }, /the key of security cannot be read: it is no private key in PEM/],
  ['another passphrase', { ...LOCKED, passphrase: 'sesame' }, /cannot be read: .* its passphrase is another/],
  ['a key that is not RSA', { key: ELLIPTIC_KEY }, /is no RSA key; only those can sign/],
  ['somebody else’s certificate', { certificate: OTHER_CERTIFICATE }, /belongs to another key/],
])('with %s nothing is sent, and one sentence says why', async (_what, wrong, sentence) => {
  const { connector, fake } = await aSystem(() => xmlReply(enveloped('<t:listResponse/>')), {
    over: { security: { x509: { ...SIGNER, ...wrong } } },
  });
  const error = await thrownBy(connector.list('Thing', { cursor: '', limit: 1 }, aCall()));
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(sentence) });
  expect(fake.asked).toEqual([]);
});

test('header blocks of the preset stand in every envelope', async () => {
  const { connector, fake } = await aSystem(() => xmlReply(enveloped('<t:listResponse/>')), {
    over: {
      settings: { session: { describe: 'Session', default: 'a<b' } },
      soap_headers: [{ namespace: 'urn:test', element: 'get', content: { id: '{settings.session}' } }],
    },
  });
  await connector.list('Thing', { cursor: '', limit: 1 }, aCall());
  expect(fake.asked[0]?.body).toContain('<soap:Header><n1:get><n1:id>a&lt;b</n1:id></n1:get></soap:Header>');
});
