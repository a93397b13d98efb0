/** The new connector at work: the engine itself reads, from the system or from a sample that is served on this machine. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createConnector, examineConnector } from '../../../connectors/index.ts';
import { connectionOf } from '../../config/parse.ts';
import { ConnectionSchema } from '../../config/schema.ts';
import { SyncError } from '../../domain/errors.ts';
import { type Json, type JsonObject, stringifyJson } from '../../domain/json.ts';

/** What the engine read. */
export interface TrialRead {
  readonly records: readonly { readonly id: string; readonly version?: string; readonly modifiedAt?: string }[];
  /** Rows that it could not read, and why. */
  readonly problems: readonly string[];
  /** It found the way to a next page. */
  readonly more: boolean;
  readonly warnings: readonly string[];
}

/** How it is tried. */
export interface Trial {
  readonly name: string;
  readonly entry: JsonObject;
  readonly preset: Json;
  readonly record: string;
  readonly mode: 'local' | 'production';
  readonly secret: (reference: string) => string;
  readonly read: (path: string) => Promise<string | undefined>;
  readonly signal: AbortSignal;
  /** Records first come by the feed, not by a list: files are taken one after the other. */
  readonly byFeed?: true;
}

const ROWS = 5;

/** The whole file must be one that its engine takes, whatever was tried of it. CONFIG_INVALID says what is wrong. */
export const assertSound = async ({ name, entry, preset, mode, read }: Trial): Promise<void> => {
  const settings = connectionOf(name, ConnectionSchema.parse(entry));
  // Something must stand where references lead; an SFTP server’s fingerprint has a form.
  const standIn = settings.url.startsWith('sftp:') ? `SHA256:${'A'.repeat(43)}` : 'https://secret.invalid';
  const input = { settings, preset, mode, secret: () => standIn, read };
  await createConnector(input).close();
  const problems = await examineConnector(input);
  if (problems.length > 0) throw new SyncError('CONFIG_INVALID', problems[0] ?? '', { problems });
};

/** A key that nobody has. */
const NOBODYS_KEY = 'tally-nobody-has-this-key';

/** Looks for a key that nobody has, and for one that a record shows: a search that is not heard would link the wrong records. */
const triedKeys = async (
  connector: ReturnType<typeof createConnector>,
  record: string,
  records: readonly { readonly id: string; readonly reference?: string }[],
  signal: AbortSignal,
): Promise<string[]> => {
  if (connector.capabilities[record]?.read.byKey !== true) return [];
  const known = records.find(({ reference }) => reference !== undefined);
  const keys = [NOBODYS_KEY, ...(known?.reference === undefined ? [] : [known.reference])];
  const [none, own] = await connector.read(record, { keys }, { signal });
  const remedy = 'correct --find-by-key, --found-at, --found-id or --empty';
  const warnings: string[] = [];
  if (none === undefined || !('absent' in none))
    warnings.push(`asked for a key that nobody has, the system did not say that there is none; ${remedy}`);
  if (known !== undefined && (own === undefined || !('found' in own) || own.found.every(({ id }) => id !== known.id)))
    warnings.push(`asked for the key of ${known.id}, the system did not give that record; ${remedy}`);
  return warnings;
};

/** Signs in and reads the first rows; with `one`, one of them again by its id. */
export const tryReading = async (trial: Trial): Promise<TrialRead> => {
  const { name, entry, preset, record, mode, secret, read, signal } = trial;
  const settings = connectionOf(name, ConnectionSchema.parse(entry));
  const connector = createConnector({ settings, preset, mode, secret, read });
  try {
    const request = { cursor: '', limit: ROWS };
    const page = await (trial.byFeed === true
      ? connector.changes(record, request, { signal })
      : connector.list(record, request, { signal }));
    const records = page.changes.flatMap((change) => (change.op === 'upsert' ? [change.record] : []));
    const problems = page.changes.flatMap((change) => (change.op === 'undecodable' ? [change.problem] : []));
    const [first] = records;
    const warnings: string[] = await triedKeys(connector, record, records, signal);
    if (first !== undefined && connector.capabilities[record]?.read.byId === true) {
      const [again] = await connector.read(record, { ids: [first.id] }, { signal });
      if (again === undefined || !('found' in again) || again.found[0]?.id !== first.id)
        warnings.push(`reading ${first.id} by its id did not give that record; correct --one`);
    }
    return {
      records: records.map(({ id, version, modifiedAt }) => ({
        id,
        ...(version === undefined ? {} : { version }),
        ...(modifiedAt === undefined ? {} : { modifiedAt }),
      })),
      problems,
      more: page.more,
      warnings,
    };
  } finally {
    await connector.close();
  }
};

/** Answers every request with one reply, on this machine alone. */
const serveReply = async (body: Json, headers: Readonly<Record<string, string>>) => {
  const text = stringifyJson(body);
  const server = createServer((_request, response) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      ...(headers['link'] === undefined ? {} : { link: headers['link'] }),
    });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
};

/** Reads the sample as the system would be read. Only the list is asked for: the sample is no answer to anything else. */
export const trySample = async (
  trial: Omit<Trial, 'mode' | 'secret'>,
  body: Json,
  headers: Readonly<Record<string, string>>,
): Promise<TrialRead> => {
  const server = await serveReply(body, headers);
  try {
    const { auth: _, ...rest } = trial.preset as JsonObject;
    const records = rest['records'] as JsonObject;
    const { read: _read, ...type } = records[trial.record] as JsonObject;
    const preset = {
      ...rest,
      auth: { kind: 'none' },
      records: { [trial.record]: { ...type, write: {}, capabilities: LEAST } },
    };
    const entry = { ...trial.entry, url: server.url };
    return await tryReading({ ...trial, preset, entry, mode: 'local', secret: () => 'stand-in' });
  } catch (error) {
    if (error instanceof SyncError && error.code === 'EGRESS_DENIED') throw new SyncError('BAD_REQUEST', error.message);
    throw error;
  } finally {
    await server.close();
  }
};

/** A sample promises nothing but itself. */
const LEAST: JsonObject = {
  idempotency: 'none',
  guard: 'none',
  version_covers_all: false,
  returns_record: false,
  complete: false,
  deletes: 'absence',
};
