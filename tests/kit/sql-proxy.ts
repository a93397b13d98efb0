/** A proxy before a real database that makes the trouble of the laws: it knows where a message begins, and which one commits. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { ConformanceWorld } from './conformance.ts';

type Fate = Parameters<ConformanceWorld['strike']>[0];

/** One message of a client. */
export interface Frame {
  readonly bytes: Buffer;
  /** The statement in it, where it is one. */
  readonly text?: string;
  /** True when it asks for rows, with values bound. */
  readonly asks: boolean;
  /** True when the server answers after it. */
  readonly ends: boolean;
}

/** How a database's clients speak. */
export interface Wire {
  /** Cuts whole messages off the front; what is left is not whole yet. */
  frames(buffer: Buffer, fresh: boolean): { readonly frames: readonly Frame[]; readonly rest: Buffer };
  refusal(fate: 'too many' | 'broken'): Buffer;
  readonly begin: string;
  readonly readOnly: RegExp;
}

const postgresqlFrames: Wire['frames'] = (buffer, fresh) => {
  const frames: Frame[] = [];
  let at = 0;
  let untyped = fresh;
  for (;;) {
    const head = untyped ? 0 : 1;
    if (buffer.length < at + head + 4) break;
    const end = at + head + buffer.readInt32BE(at + head);
    if (buffer.length < end) break;
    const bytes = buffer.subarray(at, end);
    const kind = untyped ? '' : String.fromCharCode(buffer[at] ?? 0);
    const text = kind === 'Q' ? { text: bytes.subarray(5, -1).toString('utf8') } : {};
    frames.push({ bytes, ...text, asks: kind === 'P', ends: kind === 'Q' || kind === 'S' });
    untyped = false;
    at = end;
  }
  return { frames, rest: buffer.subarray(at) };
};

const message = (kind: string, body: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(kind), length, body]);
};

/** PostgreSQL's wire. */
export const POSTGRESQL: Wire = {
  frames: postgresqlFrames,
  refusal: (fate) => {
    const code = fate === 'too many' ? '53300' : 'XX000';
    const fields = `SERROR\0VERROR\0C${code}\0Mtrouble on demand\0\0`;
    return Buffer.concat([message('E', Buffer.from(fields)), message('Z', Buffer.from('I'))]);
  },
  begin: 'BEGIN',
  readOnly: /default_transaction_read_only = on/,
};

const QUERY = 0x03;
const PREPARE = 0x16;
const EXECUTE = 0x17;

const mysqlFrames: Wire['frames'] = (buffer) => {
  const frames: Frame[] = [];
  let at = 0;
  while (buffer.length >= at + 4) {
    const end = at + 4 + buffer.readUIntLE(at, 3);
    if (buffer.length < end) break;
    const bytes = buffer.subarray(at, end);
    const command = bytes[3] === 0 ? bytes[4] : undefined;
    const text = command === QUERY ? { text: bytes.subarray(5).toString('utf8') } : {};
    frames.push({ bytes, ...text, asks: command === PREPARE || command === EXECUTE, ends: true });
    at = end;
  }
  return { frames, rest: buffer.subarray(at) };
};

/** MySQL's wire. */
export const MYSQL: Wire = {
  frames: mysqlFrames,
  refusal: (fate) => {
    const body = Buffer.concat([Buffer.from([0xff, 0, 0]), Buffer.from('#HY000trouble on demand')]);
    body.writeUInt16LE(fate === 'too many' ? 1040 : 1105, 1);
    const head = Buffer.from([0, 0, 0, 1]);
    head.writeUIntLE(body.length, 0, 3);
    return Buffer.concat([head, body]);
  },
  begin: 'START TRANSACTION',
  readOnly: /TRANSACTION READ ONLY/,
};

interface Strike {
  readonly fate: Fate;
  readonly on: 'read' | 'write';
}

/** True when this message is the one that the trouble is meant for. */
const meets = ({ fate, on }: Strike, frame: Frame, reading: boolean, wire: Wire): boolean => {
  if (on === 'read') return reading && frame.asks;
  return frame.text === (fate === 'too many' ? wire.begin : 'COMMIT');
};

/** Starts one before the database at `port`. */
export const serveSqlProxy = async (port: number, wire: Wire) => {
  let next: Strike | undefined;
  const sockets = new Set<Socket>();
  const take = (frame: Frame, reading: boolean): Strike | undefined => {
    const struck = next !== undefined && meets(next, frame, reading, wire) ? next : undefined;
    if (struck !== undefined) next = undefined;
    return struck;
  };
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    let rest: Buffer = Buffer.alloc(0);
    let [fresh, reading, deaf] = [true, false, false];
    let swallowed: Strike | undefined;
    const one = (frame: Frame): void => {
      reading ||= frame.text !== undefined && wire.readOnly.test(frame.text);
      swallowed ??= take(frame, reading);
      if (swallowed === undefined) {
        upstream.write(frame.bytes);
        return;
      }
      const { fate } = swallowed;
      if (fate === 'cut before') client.destroy();
      if (fate === 'cut after') {
        deaf = true;
        upstream.write(frame.bytes);
      }
      if (!frame.ends || (fate !== 'too many' && fate !== 'broken')) return;
      client.write(wire.refusal(fate));
      swallowed = undefined;
    };
    client.on('data', (chunk: Buffer) => {
      const cut = wire.frames(Buffer.concat([rest, chunk]), fresh);
      rest = cut.rest;
      fresh &&= cut.frames.length === 0;
      for (const frame of cut.frames) one(frame);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (deaf) client.destroy();
      else client.write(chunk);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    strike: async (fate: Fate, on: 'read' | 'write'): Promise<void> => {
      next = { fate, on };
    },
    close: (): Promise<void> =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
};
