import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfigFiles } from '../../src/config/files.ts';
import { readRevision } from '../../src/config/store.ts';
import { inWorld } from './world.ts';

const here = (): Promise<Readonly<Record<string, string>>> =>
  readConfigFiles(join(import.meta.dirname, '../../tallystick.yaml'));

const replaced = (files: Readonly<Record<string, string>>, path: string, from: string | RegExp, to: string) => ({
  ...files,
  [path]: (files[path] ?? '').replace(from, to),
});

test('a configuration is planned, stored with its author and journalled, and then nothing is left to change', () =>
  inWorld(async (world) => {
    const files = await here();
    const planned = await world.ask('it-admin', 'POST', '/config/plan', { files });
    expect([planned.status, planned.json.revision, planned.json.problems]).toEqual([200, 0, []]);
    expect(planned.json.changes).toContainEqual(
      expect.objectContaining({ what: 'mapping', name: 'customer', change: 'added' }),
    );
    expect((await world.ask('it-admin', 'GET', '/config')).json.revisions).toEqual([]);
    const stored = await world.ask('it-admin', 'POST', '/config', { files, on: 0 });
    expect([stored.status, stored.json]).toEqual([201, { number: 1, author: 'it-admin', state: 'stored' }]);
    expect(await readRevision(world.db)).toEqual({ number: 1, author: 'it-admin', files });
    expect(await world.db.query(`select actor, config, reason from journal where action = 'configure'`)).toEqual([
      {
        actor: 'it-admin',
        config: 1,
        reason: expect.stringMatching(/^connection crm added, .*mapping customer added, /),
      },
    ]);
    const after = await world.ask('it-admin', 'POST', '/config/plan', { files });
    expect(after.json).toEqual({ revision: 1, changes: [], problems: [] });
    const again = await world.ask('it-admin', 'POST', '/config', { files, on: 1 });
    expect(again.json).toEqual({ number: 1, author: 'it-admin', state: 'unchanged' });
    expect(await world.db.query(`select 1 from journal where action = 'configure'`)).toHaveLength(1);
  }));

test('a configuration with a mistake is refused with file, line, column and remedy, and nothing is stored', () =>
  inWorld(async (world) => {
    const files = replaced(await here(), 'mappings/customer.yaml', 'as: phone', 'as: fone');
    const planned = await world.ask('it-admin', 'POST', '/config/plan', { files });
    expect(planned.json.problems).toEqual([expect.stringMatching(/^mappings\/customer\.yaml:\d+:\d+ .*fone.*phone/)]);
    const refused = await world.ask('it-admin', 'POST', '/config', { files, on: 0 });
    expect([refused.status, refused.json.code, refused.json.problems]).toEqual([
      422,
      'CONFIG_INVALID',
      planned.json.problems,
    ]);
    expect(await readRevision(world.db)).toBeUndefined();
  }));

test('a mapping changed without a new revision of its own is refused once it was stored', () =>
  inWorld(async (world) => {
    const files = await here();
    await world.ask('it-admin', 'POST', '/config', { files, on: 0 });
    const changed = replaced(files, 'mappings/customer.yaml', 'conflict: newest wins', 'conflict: erp wins');
    const refused = await world.ask('it-admin', 'POST', '/config', { files: changed, on: 1 });
    expect(refused.json.problems).toEqual([expect.stringContaining('revision-not-raised')]);
    const raised = replaced(changed, 'mappings/customer.yaml', /^revision: \d+/m, 'revision: 99');
    expect((await world.ask('it-admin', 'POST', '/config', { files: raised, on: 1 })).json.number).toBe(2);
  }));

test('of two people who changed it at once the second is told, and what the first stored stands', () =>
  inWorld(async (world) => {
    const files = await here();
    const mine = replaced(files, 'tallystick.yaml', 'poll_ms: 500', 'poll_ms: 501');
    const theirs = replaced(files, 'tallystick.yaml', 'poll_ms: 500', 'poll_ms: 502');
    expect((await world.ask('it-admin', 'POST', '/config', { files: mine, on: 0 })).status).toBe(201);
    const refused = await world.ask('it-admin', 'POST', '/config', { files: theirs, on: 0 });
    expect([refused.status, refused.json.code]).toEqual([409, 'CONFIG_OUTDATED']);
    expect((await readRevision(world.db))?.files).toEqual(mine);
  }));

test.each([
  ['a path that leads out of its folder', { '../tallystick.yaml': '' }],
  ['an absolute path', { '/etc/tallystick.yaml': '' }],
  ['a file that is no configuration', { 'tallystick.yaml': '', 'run.sh': '' }],
  ['two main files', { 'a.yaml': '', 'b.yaml': '' }],
  ['no main file', { 'mappings/customer.yaml': '' }],
  ['half a character', { 'tallystick.yaml': '\ud83d' }],
])('%s is refused', (_what, files) =>
  inWorld(async (world) => {
    const { status, json } = await world.ask('it-admin', 'POST', '/config', { files, on: 0 });
    expect([status, json.code]).toEqual([400, 'BAD_REQUEST']);
  }),
);

test('a secret that stands in a file is refused but where everything is on one machine, and never shown', () =>
  inWorld(
    async (world) => {
      const files = await here();
      const refused = await world.ask('it-admin', 'POST', '/config', { files, on: 0 });
      expect([refused.status, refused.json.problems]).toEqual([
        422,
        [
          'connections.crm.settings.client_secret: a secret must not stand in the file; write env:NAME or file:/path',
          'connections.crm.settings.webhook_secret: a secret must not stand in the file; write env:NAME or file:/path',
          'connections.erp.settings.password: a secret must not stand in the file; write env:NAME or file:/path',
        ],
      ]);
      expect(refused.text).not.toMatch(/tally-secret|whsec/);
      const main = (files['tallystick.yaml'] ?? '').replaceAll(/tally-secret|whsec_\w+/g, 'env:SECRET');
      const stored = await world.ask('it-admin', 'POST', '/config', {
        files: { ...files, 'tallystick.yaml': main },
        on: 0,
      });
      expect(stored.status).toBe(201);
    },
    { local: false },
  ));

test('a configuration may be larger than other bodies, but not without end', () =>
  inWorld(async (world) => {
    const files = await here();
    const large = { ...files, 'connectors/sandbox-crm/schema/Large.json': 'x'.repeat(2 * 1024 * 1024) };
    expect((await world.ask('it-admin', 'POST', '/config/plan', { files: large })).status).toBe(200);
    const endless = { ...files, 'connectors/sandbox-crm/schema/Large.json': 'x'.repeat(17 * 1024 * 1024) };
    expect((await world.ask('it-admin', 'POST', '/config/plan', { files: endless })).status).toBe(413);
  }));

test.each([
  [
    'a word that its engine does not know',
    'connectors/sandbox-crm/connector.yaml',
    'next: next_cursor',
    'nxt: next_cursor',
    /^connectors\/sandbox-crm\/connector\.yaml: "records\.Account\.list\.paging.*nxt/,
  ],
  [
    'a part that needs another',
    'connectors/sandbox-crm/connector.yaml',
    '    version: etag\n',
    '',
    /^connectors\/sandbox-crm\/connector\.yaml: "records\.Account\.version": is missing; guard "version" needs a version$/,
  ],
  [
    'an engine that there is not',
    'connectors/sandbox-erp/connector.yaml',
    'engine: rest',
    'engine: rset',
    /^connectors\/sandbox-erp\/connector\.yaml: "engine": must be one of/,
  ],
  [
    'a setting that its connector does not ask for',
    'tallystick.yaml',
    'user: tally',
    'usr: tally',
    /^connections\.erp\.settings\.usr: sandbox-erp asks for no such setting; remove it$/,
  ],
])('a connector with %s is refused before it is stored', (_what, path, from, to, problem) =>
  inWorld(async (world) => {
    const files = replaced(await here(), path, from, to);
    const refused = await world.ask('it-admin', 'POST', '/config', { files, on: 0 });
    expect([refused.status, refused.json.code]).toEqual([422, 'CONFIG_INVALID']);
    expect(refused.json.problems).toContainEqual(expect.stringMatching(problem));
    expect(await readRevision(world.db)).toBeUndefined();
  }),
);

test.each([
  'connector: sandbox-files, url: env:ADDRESS',
  'connector: sandbox-sql, url: env:ADDRESS, settings: { user: env:U, password: env:P, tls: env:T }',
  'connector: sandbox-erp-soap, url: file:/address, settings: { user: env:U, password: env:P }',
])('what stands elsewhere is no problem here: %s', (connection) =>
  inWorld(async (world) => {
    const own = await here();
    const main = (own['tallystick.yaml'] ?? '').replace('connections:', `connections:\n  more: { ${connection} }`);
    const folder = await mkdtemp(join(tmpdir(), 'tally-plan-'));
    await writeFile(join(folder, 'tallystick.yaml'), main);
    const files = { ...own, ...(await readConfigFiles(join(folder, 'tallystick.yaml'))) };
    await rm(folder, { recursive: true });
    expect((await world.ask('it-admin', 'POST', '/config/plan', { files })).json.problems).toEqual([]);
  }),
);
