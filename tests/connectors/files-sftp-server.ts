/** A small SFTP server over a folder of this machine, which makes trouble on demand. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import {
  closeSync,
  type Dirent,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import ssh2, { type Attributes, type Connection, type SFTPWrapper } from 'ssh2';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;

/** What the next request of a kind meets. `cut before` and `cut after` are about the moment at which it takes effect. */
export type Trouble = { readonly fate: 'cut before' | 'cut after' | 'refused'; readonly on: 'read' | 'write' };

const hostKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs1', format: 'pem' })
  .toString();
const parsedKey = ssh2.utils.parseKey(hostKey);
if (parsedKey instanceof Error) throw parsedKey;

/** The fingerprint to pin. */
export const HOST_KEY = `SHA256:${createHash('sha256').update(parsedKey.getPublicSSH()).digest('base64').replace(/=+$/, '')}`;

const attributes = ({ mode, uid, gid, size, atimeMs, mtimeMs }: Stats): Attributes => ({
  mode,
  uid,
  gid,
  size,
  atime: Math.floor(atimeMs / 1000),
  mtime: Math.floor(mtimeMs / 1000),
});

const statusOf = (error: unknown): number => {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return STATUS_CODE.NO_SUCH_FILE;
  return code === 'EACCES' ? STATUS_CODE.PERMISSION_DENIED : STATUS_CODE.FAILURE;
};

interface Wiring {
  readonly root: string;
  readonly cut: () => void;
  /** Takes the trouble that waits for a request of this kind, if any. */
  readonly trouble: (on: Trouble['on']) => Trouble['fate'] | undefined;
}

const serve = (sftp: SFTPWrapper, { root, cut, trouble }: Wiring): void => {
  const at = (path: string): string => join(root, path);
  const handles = new Map<number, { readonly fd?: number; list?: readonly Dirent[]; readonly path: string }>();
  let last = 0;
  const opened = (
    id: number,
    entry: { readonly fd?: number; list?: readonly Dirent[]; readonly path: string },
  ): void => {
    last += 1;
    handles.set(last, entry);
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(last);
    sftp.handle(id, handle);
  };
  const entryOf = (handle: Buffer) => handles.get(handle.readUInt32BE()) ?? { path: '' };
  const doing = (id: number, work: () => void): void => {
    try {
      work();
    } catch (error) {
      sftp.status(id, statusOf(error));
    }
  };
  const ok = (id: number): void => void sftp.status(id, STATUS_CODE.OK);
  /** A request that changes something or shows it, with its fate. */
  const fated = (id: number, on: Trouble['on'], work: () => void): void => {
    const fate = trouble(on);
    if (fate === 'cut before') {
      cut();
      return;
    }
    if (fate === 'refused') return void sftp.status(id, STATUS_CODE.FAILURE, 'too many sessions, come back later');
    doing(id, () => {
      if (fate !== 'cut after') return work();
      work();
      cut();
    });
  };
  sftp.on('OPENDIR', (id, path) =>
    fated(id, 'read', () => opened(id, { path, list: readdirSync(at(path), { withFileTypes: true }) })),
  );
  sftp.on('READDIR', (id, handle) => {
    const entry = entryOf(handle);
    const list = entry.list ?? [];
    entry.list = [];
    if (list.length === 0) return void sftp.status(id, STATUS_CODE.EOF);
    doing(id, () =>
      sftp.name(
        id,
        list.map(({ name }) => ({
          filename: name,
          longname: name,
          attrs: attributes(lstatSync(at(`${entry.path}/${name}`))),
        })),
      ),
    );
  });
  sftp.on('OPEN', (id, path, flags) =>
    doing(id, () => opened(id, { path, fd: openSync(at(path), (flags & OPEN_MODE.WRITE) === 0 ? 'r' : 'w') })),
  );
  sftp.on('READ', (id, handle, offset, length) =>
    doing(id, () => {
      const buffer = Buffer.alloc(length);
      const count = readSync(entryOf(handle).fd ?? -1, buffer, 0, length, offset);
      if (count === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.data(id, buffer.subarray(0, count));
    }),
  );
  sftp.on('WRITE', (id, handle, offset, data) =>
    doing(id, () => {
      writeSync(entryOf(handle).fd ?? -1, data, 0, data.length, offset);
      ok(id);
    }),
  );
  sftp.on('FSTAT', (id, handle) =>
    doing(id, () => void sftp.attrs(id, attributes(fstatSync(entryOf(handle).fd ?? -1)))),
  );
  sftp.on('CLOSE', (id, handle) => {
    const { fd } = entryOf(handle);
    if (fd !== undefined) closeSync(fd);
    handles.delete(handle.readUInt32BE());
    ok(id);
  });
  const stat = (id: number, path: string): void =>
    doing(id, () => void sftp.attrs(id, attributes(lstatSync(at(path)))));
  sftp.on('LSTAT', stat);
  sftp.on('STAT', stat);
  sftp.on('MKDIR', (id, path) =>
    doing(id, () => {
      mkdirSync(at(path));
      ok(id);
    }),
  );
  sftp.on('RMDIR', (id, path) =>
    doing(id, () => {
      rmdirSync(at(path));
      ok(id);
    }),
  );
  sftp.on('REMOVE', (id, path) =>
    doing(id, () => {
      unlinkSync(at(path));
      ok(id);
    }),
  );
  const rename = (id: number, from: string, to: string): void => {
    // Handing a file over is the rename into the other system's folder; any other is our own book-keeping.
    const work = (): void => {
      renameSync(at(from), at(to));
      ok(id);
    };
    if (to.startsWith('/out/')) fated(id, 'write', work);
    else doing(id, work);
  };
  sftp.on('RENAME', rename);
  sftp.on('EXTENDED', (id, name, data) => {
    if (name === 'fsync@openssh.com')
      return doing(id, () => {
        fsyncSync(entryOf(data.subarray(4)).fd ?? -1);
        ok(id);
      });
    sftp.status(id, STATUS_CODE.OP_UNSUPPORTED);
  });
};

/** Starts one on loopback for a user and a password. */
export const startSftp = async (root: string, user: string, password: string) => {
  let next: Trouble | undefined;
  const sessions = new Set<Connection>();
  const trouble: Wiring['trouble'] = (on) => {
    if (next?.on !== on) return undefined;
    const { fate } = next;
    next = undefined;
    return fate;
  };
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    sessions.add(client);
    const { _sock: socket } = client as unknown as { readonly _sock: Socket };
    socket.setNoDelay(true);
    client.on('close', () => sessions.delete(client));
    client.on('error', () => undefined);
    client.on('authentication', (ask) => {
      if (ask.method === 'password' && ask.username === user && ask.password === password) ask.accept();
      else ask.reject(['password']);
    });
    client.on('session', (accept) => {
      accept().on('sftp', (agree) => {
        // Like a line that breaks: what was to be said last is not said.
        const cut = (): void => void socket.destroy();
        serve(agree(), { root, cut, trouble });
      });
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `sftp://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    strike: (trouble: Trouble): void => {
      next = trouble;
    },
    close: (): Promise<void> =>
      new Promise((done) => {
        for (const session of sessions) session.end();
        server.close(() => done());
      }),
  };
};
