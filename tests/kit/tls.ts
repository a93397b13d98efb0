/** TLS in front of a server that speaks none, as a proxy in production would do it. The key pair is for tests alone. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer as createPlain, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createSecure, TLSSocket } from 'node:tls';

const path = (name: string): string => join(import.meta.dirname, 'tls', name);

/** Certificates of the authority that signed the server’s, and of one that did not. */
export const AUTHORITY = path('authority.pem');
export const STRANGER = path('stranger.pem');

const pair = { cert: readFileSync(path('server.pem')), key: readFileSync(path('server-key.pem')) };

const joined = (outer: Socket, port: number): void => {
  const inner = connect(port, '127.0.0.1');
  for (const [one, other] of [
    [outer, inner],
    [inner, outer],
  ] as const)
    one.on('error', () => other.destroy()).on('close', () => other.destroy());
  outer.pipe(inner).pipe(outer);
};

const listening = async (server: Server): Promise<{ readonly port: number; readonly close: () => void }> => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
};

/** TLS from the first byte, as gRPC has it. */
export const secured = (port: number) =>
  listening(
    createSecure({ ...pair, ALPNProtocols: ['h2'] }, (socket) => joined(socket, port)).on(
      'tlsClientError',
      () => undefined,
    ),
  );

/** TLS after PostgreSQL’s own request for it; who does not ask is turned away. */
export const securedPostgres = (port: number) =>
  listening(
    createPlain((socket) => {
      socket.once('data', (first) => {
        if (first.length !== 8 || first.readUInt32BE(4) !== 80_877_103) return socket.destroy();
        socket.write('S');
        joined(new TLSSocket(socket, { ...pair, isServer: true }), port);
      });
      socket.on('error', () => undefined);
    }),
  );
