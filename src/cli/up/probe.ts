/** Is it ready? Asked of the thing itself: SQL of the ledger, the namespace of the engine. */
import { connect } from 'node:http2';
import pg from 'pg';
import { SyncError } from '../../domain/errors.ts';

const PATIENCE_MS = 2_000;

/** True once PostgreSQL answers; makes the database the address names if it is not there yet. */
export const ledgerReady = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PATIENCE_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (code === '3D000') return createDatabase(url);
    if (code.startsWith('28'))
      throw new SyncError('LEDGER_DOWN', 'PostgreSQL refuses the user or password of DATABASE_URL');
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
};

const createDatabase = async (url: string): Promise<boolean> => {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  const client = new pg.Client({ connectionString: maintenance.href, connectionTimeoutMillis: PATIENCE_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(`create database ${pg.escapeIdentifier(name)}`);
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
};

// DescribeNamespaceRequest { namespace = 1: "…" } in the gRPC frame: no compression, four bytes of length.
const describeNamespace = (namespace: string): Buffer => {
  const name = Buffer.from(namespace);
  const message = Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
};

/** True once the Temporal server knows the namespace: its port alone opens a moment too early. */
export const engineReady = (address: string, namespace: string): Promise<boolean> =>
  new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const answer = (ready: boolean): void => {
      session.destroy();
      resolve(ready);
    };
    session.setTimeout(PATIENCE_MS, () => answer(false));
    session.on('error', () => answer(false));
    const stream = session.request({
      ':method': 'POST',
      ':path': '/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => answer(false));
    // An error comes as headers only, a reply carries its status in the trailers.
    stream.on('response', (headers) => headers['grpc-status'] !== undefined && answer(headers['grpc-status'] === '0'));
    stream.on('trailers', (trailers) => answer(trailers['grpc-status'] === '0'));
    stream.on('close', () => answer(false));
    stream.resume();
    stream.end(describeNamespace(namespace));
  });
