/** A Hono route that gives the same bytes to whoever asks: the least that an answer over HTTP can cost here. */
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const [bytes = ''] = process.argv.slice(2);
const app = new Hono().get('/answer', () => new Response(bytes, { headers: { 'content-type': 'application/json' } }));
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
server.on('listening', () =>
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer` }),
);
process.once('disconnect', () => process.exit(0));
