/** Files on a real OpenSSH server, where this machine has one. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, connect as dial } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Connector } from '../../connectors/sdk/seam.ts';
import type { Json } from '../../src/domain/json.ts';
import { aCall } from '../kit/fake-http.ts';
import { aFolder, connectFiles, readOn, recordsIn, sourceType, tree } from './files-kit.ts';

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/opt/homebrew/sbin/sshd'].find(existsSync);

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });

/** Until somebody takes connections there. */
const answering = (port: number, tries = 200): Promise<void> =>
  new Promise((done, fail) => {
    const socket = dial(port, '127.0.0.1', () => {
      socket.destroy();
      done();
    });
    socket.on('error', () => {
      if (tries === 0) fail(new Error('sshd does not answer'));
      else setTimeout(() => answering(port, tries - 1).then(done, fail), 25);
    });
  });

const keygen = (path: string, type: string): void =>
  void execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', path]);

/** Starts one for this account alone, which signs in with a key. */
const startSshd = async () => {
  const root = aFolder('keys', 'place/in');
  const at = (name: string): string => join(root, 'keys', name);
  keygen(at('host'), 'ed25519');
  keygen(at('user'), 'ed25519');
  writeFileSync(at('authorized'), readFileSync(at('user.pub')), { mode: 0o600 });
  const port = await freePort();
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
  const options = [
    `Port=${port}`,
    'ListenAddress=127.0.0.1',
    `HostKey=${at('host')}`,
    `AuthorizedKeysFile=${at('authorized')}`,
    'StrictModes=no',
    'UsePAM=no',
    'PasswordAuthentication=no',
    'PidFile=none',
    'Subsystem=sftp internal-sftp',
  ].flatMap((option) => ['-o', option]);
  const server = spawn(SSHD ?? '', ['-D', '-e', '-f', '/dev/null', ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(async () => {
    const ended = new Promise((done) => server.once('exit', done));
    server.kill('SIGTERM');
    await ended;
  });
  await answering(port);
  const [, hostKey = ''] = execFileSync('ssh-keygen', ['-lf', at('host.pub')], { encoding: 'utf8' }).split(' ');
  const place = join(root, 'place');
  return {
    url: `sftp://127.0.0.1:${port}${place}`,
    place,
    hostKey,
    privateKey: readFileSync(at('user'), 'utf8').trimEnd(),
  };
};

const OUT: Json = {
  format: { kind: 'csv' },
  columns: { number: {}, ref: {}, name: {} },
  id: 'number',
  out: { name: 'p-{no}.csv', key: 'ref' },
};

const presetOf = (hostKey: string): Json =>
  ({
    engine: 'files',
    system: 'OpenSSH',
    settings: { user: { describe: 'User' }, key: { describe: 'Key', secret: true } },
    sign_in: { user: '{settings.user}', private_key: '{settings.key}', host_key: hostKey },
    records: { Partner: sourceType(), Sent: OUT },
  }) as Json;

const aPlace = async () => {
  const { url, place, hostKey, privateKey } = await startSshd();
  const open = (user: string): Connector => {
    const connector = connectFiles(url, presetOf(hostKey), { settings: { user, key: privateKey } });
    onTestFinished(() => connector.close());
    return connector;
  };
  return { place, open, connector: open(userInfo().username) };
};

test.skipIf(SSHD === undefined)(
  'a file on an OpenSSH server is taken, read and archived; a large one comes whole',
  async () => {
    const { place, connector } = await aPlace();
    expect(await connector.check(aCall())).toMatchObject({ who: `${userInfo().username}@127.0.0.1` });
    const rows = Array.from({ length: 40_000 }, (_, index) => `${index},Name ${index},${index}.50\r\n`).join('');
    writeFileSync(join(place, 'all.part'), `No,Name,Limit\r\n${rows}`);
    renameSync(join(place, 'all.part'), join(place, 'in', 'all.csv'));
    const { changes, next } = await readOn(connector, '', 500);
    expect(recordsIn(changes)).toHaveLength(40_000);
    expect(recordsIn(changes).at(-1)?.body['name']).toBe('Name 39999');
    await readOn(connector, next);
    expect(tree(place).map((path) => path.replace(/\.[0-9a-f]{12}\//, '/'))).toEqual([
      'archive/Partner.0000000001.full/all.csv',
      'archive/Partner.0000000001.full/all.csv.result.csv',
    ]);
  },
);

test.skipIf(SSHD === undefined)(
  'files are handed over on an OpenSSH server by one rename, and no key twice',
  async () => {
    const { place, open, connector } = await aPlace();
    const items = ['a', 'b'].map((name) => ({ op: 'create', data: { name }, idempotencyKey: `key-${name}` }) as const);
    const first = await connector.write('Sent', items, aCall());
    expect(first).toMatchObject([
      { status: 'created', id: 'key-a' },
      { status: 'created', id: 'key-b' },
    ]);
    expect(await open(userInfo().username).write('Sent', items, aCall())).toEqual(first);
    expect(readdirSync(join(place, 'out'))).toEqual(['p-0000000001.csv']);
    writeFileSync(join(place, 'out', 'p-0000000002.csv'), 'not ours');
    const third = [{ op: 'create', data: { name: 'c' }, idempotencyKey: 'key-c' } as const];
    expect(await connector.write('Sent', third, aCall())).toMatchObject([
      { status: 'failed', error: { class: 'transient' } },
    ]);
    expect(readFileSync(join(place, 'out', 'p-0000000002.csv'), 'utf8')).toBe('not ours');
  },
);

test.skipIf(SSHD === undefined)('two processes that write at once make one file for each key', async () => {
  const { place, open } = await aPlace();
  const item = (key: string) => ({ op: 'create', data: { name: key }, idempotencyKey: key }) as const;
  const items = Array.from({ length: 20 }, (_, index) => item(`k${index}`));
  const writers = [open(userInfo().username), open(userInfo().username), open(userInfo().username)];
  // Whoever was overtaken says so and tries again, as the pipeline does.
  const persist = async (connector: Connector): Promise<void> => {
    for (;;) {
      const outcomes = await connector.write('Sent', items, aCall());
      if (outcomes.every(({ status }) => status === 'created')) return;
    }
  };
  await Promise.all(writers.map(persist));
  const rows = readdirSync(join(place, 'out')).flatMap((name) =>
    readFileSync(join(place, 'out', name), 'utf8')
      .trimEnd()
      .split('\r\n')
      .slice(1),
  );
  expect(rows).toHaveLength(20);
});

test.skipIf(SSHD === undefined)('an OpenSSH server refuses a stranger, and that pauses the connection', async () => {
  const { open } = await aPlace();
  await expect(open('nobody-here').check(aCall())).rejects.toMatchObject({ code: 'LOGIN_REFUSED', recovery: 'pause' });
});
