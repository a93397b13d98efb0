/** WS-Security by the `soap` package: a UsernameToken, a signature with our certificate, or both. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { WSSecurity } from 'soap/lib/security/WSSecurity.js';
import { WSSecurityCert } from 'soap/lib/security/WSSecurityCert.js';
import { SyncError } from '../../src/domain/errors.ts';
import { textTemplate, type Values } from '../engine/template.ts';
import { illegalIn } from './characters.ts';
import { ENVELOPE_PREFIX } from './envelope.ts';
import type { Security } from './schema.ts';

/** What is put into envelopes and done to them. Made anew for each: a nonce, a time and a signature are good once. */
export interface Secured {
  /** Stands in the header, before the message is signed. */
  header(): string;
  sign(xml: string): string;
}

const OASIS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';
const WSSE = `${OASIS}-wssecurity-secext-1.0.xsd`;
const WSU = `${OASIS}-wssecurity-utility-1.0.xsd`;
const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';

const filled = (template: string, values: Values, what: string): string => {
  const text = textTemplate(template)(values) ?? '';
  const illegal = illegalIn(text);
  if (illegal !== undefined)
    throw new SyncError('CONFIG_INVALID', `${what} has the character ${illegal}, which XML cannot hold`);
  return text;
};

const tokenOf = ({ username_token: token, timestamp, must_understand, x509 }: Security, values: Values) => {
  if (token === undefined) return () => '';
  const user = filled(token.user, values, 'the user of security');
  const password = filled(token.password, values, 'the password of security');
  const options = {
    passwordType: token.password_type === 'digest' ? 'PasswordDigest' : 'PasswordText',
    hasNonce: token.nonce,
    // With a certificate too, its signature brings the timestamp.
    hasTimeStamp: timestamp && x509 === undefined,
    mustUnderstand: must_understand,
    envelopeKey: ENVELOPE_PREFIX,
  };
  return () => new WSSecurity(user, password, options).toXML();
};

/** Where the mark stands that the package always sets, in case nobody must understand it. */
const DEMAND = ` ${ENVELOPE_PREFIX}:mustUnderstand="1"`;

const signerOf = ({ x509, timestamp, must_understand }: Security, values: Values) => {
  if (x509 === undefined) return (xml: string) => xml;
  const key = filled(x509.key, values, 'the key of security');
  const certificate = filled(x509.certificate, values, 'the certificate of security');
  const passphrase = x509.passphrase === undefined ? '' : filled(x509.passphrase, values, 'the passphrase of security');
  testPair(key, certificate, passphrase);
  return (xml: string): string => {
    const signer = new WSSecurityCert(key, certificate, passphrase, {
      hasTimeStamp: timestamp,
      signatureAlgorithm: RSA_SHA256,
      signerOptions: { idMode: 'wssecurity', existingPrefixes: { wsse: WSSE, wsu: WSU } },
    });
    const signed = signer.postProcess(xml, ENVELOPE_PREFIX);
    return must_understand ? signed : signed.replace(DEMAND, '');
  };
};

/** Throws CONFIG_INVALID unless the key can sign what the certificate proves. */
const testPair = (key: string, certificate: string, passphrase: string): void => {
  const wrong = (why: string): SyncError => new SyncError('CONFIG_INVALID', why, { unsent: true, class: 'auth' });
  let proof: X509Certificate;
  let own: KeyObject;
  try {
    proof = new X509Certificate(certificate);
  } catch {
    throw wrong('the certificate of security is no X.509 certificate in PEM');
  }
  try {
    own = createPrivateKey({ key, passphrase });
  } catch {
    throw wrong('the key of security cannot be read: it is no private key in PEM, or its passphrase is another');
  }
  if (own.asymmetricKeyType !== 'rsa') throw wrong('the key of security is no RSA key; only those can sign');
  if (!proof.checkPrivateKey(own)) throw wrong('the certificate of security belongs to another key');
};

/** Compiles what a preset says; CONFIG_INVALID where key or certificate are none. */
export const createSecured = (security: Security, values: Values): Secured => ({
  header: tokenOf(security, values),
  sign: signerOf(security, values),
});
