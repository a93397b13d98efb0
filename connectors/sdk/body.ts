/** Reads a reply's body within limits counted on the decompressed bytes. */
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { SyncError } from '../../src/domain/errors.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  readonly ratio: number;
}

// Below this many decompressed bytes a high ratio is harmless: an empty list of spaces is no bomb.
const RATIO_MATTERS_FROM = 1024 * 1024;

const decompressor = (encoding: string) => {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding === 'deflate') return createInflate();
  if (encoding === 'br') return createBrotliDecompress();
  throw new SyncError('PROTOCOL_ERROR', `the reply is encoded as "${encoding}", which we did not ask for`);
};

const collect = (source: Readable, check: (bytes: number) => void): Promise<Buffer> =>
  new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    source.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      try {
        check(bytes);
      } catch (error) {
        source.destroy();
        fail(error);
        return;
      }
      chunks.push(chunk);
    });
    source.once('end', () => done(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    source.once('error', fail);
    source.once('aborted', () => fail(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })));
    source.once('close', () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  });

/** The body as text; REPLY_TOO_LARGE past a limit, the stream's own error when it breaks off. */
export const readBody = async (stream: Readable, encoding: string, limits: BodyLimits): Promise<string> => {
  let received = 0;
  const tooLarge = (what: string): SyncError => new SyncError('REPLY_TOO_LARGE', `the reply is larger than ${what}`);
  const check = (bytes: number): void => {
    if (bytes > limits.maxBytes) throw tooLarge(`${limits.maxBytes} bytes`);
    if (encoding !== '' && bytes > RATIO_MATTERS_FROM && bytes > received * limits.ratio)
      throw tooLarge(`${limits.ratio} times what was sent`);
  };
  if (encoding === '' || encoding === 'identity') return (await collect(stream, check)).toString('utf8');
  const plain = decompressor(encoding);
  stream.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  stream.once('error', (error) => plain.destroy(error));
  stream.once('aborted', () => plain.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })));
  stream.pipe(plain);
  try {
    return (await collect(plain, check)).toString('utf8');
  } finally {
    stream.destroy();
  }
};
