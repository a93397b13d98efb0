/** Reads a reply's body within limits counted on the decompressed bytes. */
import { isUtf8 } from 'node:buffer';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { SyncError } from '../../src/domain/errors.ts';

/** How much a reply may weigh. */
export interface BodyLimits {
  readonly maxBytes: number;
  readonly ratio: number;
}

// Below this many decompressed bytes a high ratio is harmless: an empty list of spaces is no bomb.
const RATIO_MATTERS_FROM = 1024 * 1024;

const decompressor = (encoding: string): Transform => {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding === 'deflate') return createInflate();
  if (encoding === 'br') return createBrotliDecompress();
  throw new SyncError('PROTOCOL_ERROR', `the reply is encoded as "${encoding.slice(0, 20)}", which we did not ask for`);
};

const cutShort = (): Error => Object.assign(new Error('the reply broke off'), { code: 'ECONNRESET' });

const collect = (source: Readable, check: (bytes: number) => void): Promise<Buffer> =>
  new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    source.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      try {
        check(bytes);
      } catch (error) {
        // First the reason, then the end: a destroyed source reports itself as broken off.
        fail(error);
        source.destroy();
        return;
      }
      chunks.push(chunk);
    });
    source.once('end', () => done(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    source.once('error', fail);
    source.once('aborted', () => fail(cutShort()));
    source.once('close', () => fail(cutShort()));
  });

/** Text in the charset that the reply states. A byte that fits none is an error: replaced, it would be written elsewhere as data. */
const decoded = (bytes: Buffer, type: string): string => {
  const charset = /charset="?([\w-]+)/i.exec(type)?.[1]?.toLowerCase() ?? 'utf-8';
  if (charset === 'utf-8' || charset === 'utf8') {
    if (!isUtf8(bytes)) throw new SyncError('PROTOCOL_ERROR', 'the reply has bytes that are not UTF-8');
    return bytes.toString('utf8', bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0);
  }
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    throw new SyncError('PROTOCOL_ERROR', `the reply has bytes that are not ${charset.slice(0, 20)}`);
  }
};

const collectPlain = async (stream: Readable, encoding: string, limits: BodyLimits): Promise<Buffer> => {
  let received = 0;
  const tooLarge = (what: string): SyncError => new SyncError('REPLY_TOO_LARGE', `the reply is larger than ${what}`);
  const check = (bytes: number): void => {
    if (bytes > limits.maxBytes) throw tooLarge(`${limits.maxBytes} bytes`);
    if (encoding !== '' && bytes > RATIO_MATTERS_FROM && bytes > received * limits.ratio)
      throw tooLarge(`${limits.ratio} times what was sent`);
  };
  if (encoding === '') return collect(stream, check);
  const plain = decompressor(encoding);
  stream.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  stream.once('error', (error) => plain.destroy(error));
  stream.once('aborted', () => plain.destroy(cutShort()));
  stream.pipe(plain);
  try {
    return await collect(plain, check);
  } catch (error) {
    // No body at all (204, 304) is no broken one, whatever packing its headers announce.
    if (received === 0 && (error as { code?: unknown }).code === 'Z_BUF_ERROR') return Buffer.alloc(0);
    throw error;
  } finally {
    stream.destroy();
    plain.destroy();
  }
};

/** The body as text; REPLY_TOO_LARGE past a limit, the stream's own error when it breaks off. `headers` in lower case. */
export const readBody = async (
  stream: Readable,
  headers: Readonly<Record<string, string>>,
  limits: BodyLimits,
): Promise<string> => {
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  const bytes = await collectPlain(stream, encoding === 'identity' ? '' : encoding, limits);
  return decoded(bytes, headers['content-type'] ?? '');
};
