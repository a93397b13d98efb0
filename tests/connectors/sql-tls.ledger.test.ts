/** A database is spoken to under TLS, and only when its certificate is the one of its host. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createConnector } from '../../connectors/index.ts';
import type { Connector } from '../../connectors/sdk/seam.ts';
import { startCluster } from '../../src/cli/up/cluster.ts';
import type { Json } from '../../src/domain/json.ts';
import { aCall, aConnection } from '../kit/fake-http.ts';
import { hasMariaDb } from '../kit/mariadb.ts';
import { mariaDbDatabase, postgresqlDatabase, sqlPreset, type TestDatabase } from '../kit/sql.ts';
import { thrownBy } from '../kit/trial.ts';

const folder = mkdtempSync(join(tmpdir(), 'tls-'));
chmodSync(folder, 0o755);
const at = (name: string): string => join(folder, name);
const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });

/** An authority, and a certificate of it for db.example. */
const authority = (name: string): void => {
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    at(`${name}.key`),
    '-out',
    at(`${name}.pem`),
  );
};
const certificate = (): void => {
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=db.example',
    '-keyout',
    at('server.key'),
    '-out',
    at('server.csr'),
  );
  writeFileSync(at('names'), 'subjectAltName=DNS:db.example');
  openssl(
    'x509',
    '-req',
    '-days',
    '2',
    '-in',
    at('server.csr'),
    '-CA',
    at('ours.pem'),
    '-CAkey',
    at('ours.key'),
    '-CAcreateserial',
    '-extfile',
    at('names'),
    '-out',
    at('server.pem'),
  );
};

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

const openPostgresql = async (): Promise<TestDatabase> => {
  const home = mkdtempSync(join(tmpdir(), 'tls-pg-'));
  chmodSync(home, 0o755);
  const cluster = await startCluster(home, 'none');
  const { uid, gid } = statSync(join(home, 'data'));
  for (const name of ['server.key', 'server.pem']) {
    const own = join(home, 'data', name);
    copyFileSync(at(name), own);
    chownSync(own, uid, gid);
    chmodSync(own, 0o600);
  }
  const database = await postgresqlDatabase(cluster.url('postgres'));
  for (const setting of ["ssl_cert_file = 'server.pem'", "ssl_key_file = 'server.key'", 'ssl = on'])
    await database.run(`alter system set ${setting}`);
  await database.run('select pg_reload_conf()');
  const close = async (): Promise<void> => {
    await database.close();
    await cluster.stop();
    rmSync(home, { recursive: true, force: true });
  };
  return { ...database, close };
};

const openMariaDb = async (): Promise<TestDatabase> => {
  const flags = [`--ssl-cert=${at('server.pem')}`, `--ssl-key=${at('server.key')}`, `--ssl-ca=${at('ours.pem')}`];
  return (await mariaDbDatabase(flags)).database;
};

const kinds = [
  { dialect: 'postgresql', open: openPostgresql, left: !hasOpenssl },
  { dialect: 'mysql', open: openMariaDb, left: !hasOpenssl || !hasMariaDb() },
] as const;

beforeAll(() => {
  if (!hasOpenssl) return;
  authority('ours');
  authority('another');
  certificate();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const { dialect, open, left } of kinds)
  describe.skipIf(left)(dialect, () => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await open();
    });
    afterAll(() => database?.close());

    const connectorFor = (host: string, ca: string): Connector => {
      const url = database.url.replace('127.0.0.1', host).replace('localhost', host);
      const preset = { ...sqlPreset(dialect), tls: { mode: 'verify', ca: readFileSync(at(`${ca}.pem`), 'utf8') } };
      const connector = createConnector({
        settings: aConnection(url, {
          connector: 'sandbox-sql',
          settings: { user: database.user, password: database.password },
        }),
        preset: preset as Json,
        mode: 'local',
        secret: (reference) => reference,
        resolve: async () => [{ address: '127.0.0.1', family: 4 }],
      });
      onTestFinished(() => connector.close());
      return connector;
    };

    test('with the authority of its certificate it is read and written', async () => {
      const connector = connectorFor('db.example', 'ours');
      expect((await connector.check(aCall())).warnings).toEqual([]);
      const data = { organization_name: 'Safe', grouping: 'Z001', addresses: [{ use: 'bill-to', country: 'DE' }] };
      const [outcome] = await connector.write('Customer', [{ op: 'create', data, idempotencyKey: 'safe' }], aCall());
      expect(outcome?.status).toBe('created');
    });

    test.each([
      ['signed by an authority that is not ours', 'db.example', 'another'],
      ['of another host', 'other.example', 'ours'],
    ])('a certificate %s is refused, and the connection paused', async (_what, host, ca) => {
      const failure = await thrownBy(connectorFor(host, ca).check(aCall()));
      expect(failure).toMatchObject({
        code: 'EGRESS_DENIED',
        recovery: 'pause',
        message: expect.stringContaining('certificate'),
      });
    });
  });
