/** A key pair for signing messages, for tests alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (name: string): string => readFileSync(join(import.meta.dirname, 'tls', name), 'utf8');

/** Key and certificate that belong together. */
export const SIGNER = { key: read('signer-key.pem'), certificate: read('signer.pem') };
/** The same key, locked by a passphrase. */
export const LOCKED = { key: read('signer-key-locked.pem'), passphrase: 'open-sesame' };
/** Somebody else's certificate. */
export const OTHER_CERTIFICATE = read('other-signer.pem');
/** A key that is not for RSA. */
export const ELLIPTIC_KEY = read('server-key.pem');
