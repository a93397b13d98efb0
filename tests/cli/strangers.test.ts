/** Runs the two interviews of docs/connect-your-system.md against the systems that they are about; what they write must keep the laws. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createConnector } from '../../connectors/index.ts';
import { DOLIBARR, startDolibarr } from '../../sandbox/fakes/dolibarr.ts';
import { PIPEDRIVE, startPipedrive } from '../../sandbox/fakes/pipedrive.ts';
import type { Running } from '../../sandbox/kit/run.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { conformance } from '../kit/conformance.ts';
import { aConnection, startFake } from '../kit/fake-http.ts';
import { striker } from '../kit/sandbox.ts';
import { atDesk, PRODUCT } from './desk.ts';

interface Stranger {
  readonly name: string;
  readonly record: string;
  readonly start: () => Promise<Running>;
  readonly header: string;
  readonly key: string;
  readonly path: string;
  /** The first has a key of ours already, as after an earlier try. */
  readonly seeds: readonly JsonObject[];
  readonly draft: (name: string) => JsonObject;
  readonly change: (name: string) => JsonObject;
  readonly refused: JsonObject;
}
const STRANGERS: readonly Stranger[] = [
  {
    name: 'dolibarr',
    record: 'ThirdParty',
    start: startDolibarr,
    header: 'DOLAPIKEY',
    key: DOLIBARR.key,
    path: '/api/index.php/thirdparties',
    seeds: [{ name: 'A', ref_ext: 'old' }, { name: 'B' }, { name: 'C' }, { name: 'D' }],
    draft: (name) => ({ name }),
    change: (name) => ({ name_alias: name }),
    refused: { town: 'Ulm' },
  },
  {
    name: 'pipedrive',
    record: 'Organization',
    start: startPipedrive,
    header: 'x-api-token',
    key: PIPEDRIVE.token,
    path: '/api/v2/organizations',
    seeds: [{ name: 'A', custom_fields: { [PIPEDRIVE.key]: 'old' } }, { name: 'B' }, { name: 'C' }, { name: 'D' }],
    draft: (name) => ({ name, custom_fields: { [PIPEDRIVE.credit]: 7 } }),
    change: (name) => ({ address: { value: name } }),
    refused: { nmae: 'x' },
  },
];

const page = await readFile(join(PRODUCT, 'docs/connect-your-system.md'), 'utf8');
const commandOf = ({ name }: Stranger): readonly string[] => {
  const [, text = ''] = new RegExp(`^\`\`\`sh ${name}\\.sh\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page) ?? [];
  return [...text.replaceAll('\\\n', ' ').matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  );
};

/** The interview, with flags left out or put in. */
const interview = async (
  stranger: Stranger,
  { without = [], more = [] }: { readonly without?: readonly string[]; readonly more?: readonly string[] } = {},
) => {
  const system = await stranger.start();
  for (const seed of stranger.seeds) {
    const reply = await fetch(system.url + stranger.path, {
      method: 'POST',
      headers: { [stranger.header]: stranger.key },
      body: JSON.stringify(seed),
    });
    expect(reply.status).toBe(200);
  }
  const command = commandOf(stranger);
  const words = command.flatMap((word, place) => {
    if (without.includes(word) || without.includes(command[place - 1] ?? '')) return [];
    return [command[place - 1] === '--address' ? system.url : word];
  });
  let said = '';
  let preset: Json = null;
  await atDesk(
    async (desk) => {
      const { exit, out, err } = await desk.tally(...words.slice(1), ...more);
      expect([exit, err]).toEqual([0, '']);
      said = out;
      preset = (await desk.preset(stranger.name)) as Json;
    },
    { [`${stranger.name.toUpperCase()}_KEY`]: stranger.key },
  );
  return { system, said, preset };
};

for (const stranger of STRANGERS)
  conformance(
    `${stranger.name}, as the interview wrote it,`,
    async () => {
      const { system, preset } = await interview(stranger);
      const connect = (who?: 'impostor') =>
        createConnector({
          settings: aConnection(system.url, {
            name: stranger.name,
            connector: stranger.name,
            settings: { key: who === 'impostor' ? 'another-key' : stranger.key },
          }),
          preset,
          mode: 'local',
          secret: (reference) => reference,
        });
      return {
        record: stranger.record,
        connect,
        draft: stranger.draft,
        change: stranger.change,
        refused: stranger.refused,
        decimal: (name) => stranger.draft(name),
        readDecimal: () => null,
        empties: (name) => stranger.draft(name),
        readEmpties: () => [null, ''],
        strike: striker(system.controlUrl, '/api'),
        secrets: [stranger.key, 'another-key'],
        close: system.close,
      };
    },
    {
      skip: [
        { law: 7, reason: 'an interview writes no webhooks; changes are found by their time' },
        { law: 9, reason: 'both systems keep decimals as doubles; see the tests of their presets' },
      ],
    },
  );

describe('what the interview says of a stranger', () => {
  test.each(STRANGERS.map((stranger) => [stranger.name, stranger] as const))(
    '%s: nothing is wrong',
    async (_name, stranger) => {
      const { system, said } = await interview(stranger);
      await system.close();
      expect(said).not.toContain('Warning');
      expect(said).toMatch(
        /^refusal\s+(error\.)?code, error(\.message)?\s+the reply for a record that is not there, status 404$/m,
      );
      expect(said).not.toMatch(/since 2099|a day before|oldest first: changes/);
    },
  );

  const cases: readonly [string, number, Parameters<typeof interview>[1], RegExp][] = [
    [
      'times in another writing than filters want',
      0,
      { without: ['--since-as'] },
      /a day before every record of the sample, the system gave none/,
    ],
    ['a clock whose zone nobody said', 0, { without: ['--zone'] }, /times are asked for as UTC has them: say --zone/],
    [
      'a filter for changes that is not heard',
      1,
      { without: ['--since'], more: ['--since', 'modified={since}'] },
      /it does not heed --since/,
    ],
    [
      'a search whose list stands elsewhere',
      1,
      { without: ['--found-at', '--found-id'] },
      /Warning: asked for the key of 1, the system did not give that record/,
    ],
    [
      'a search that is not heard',
      0,
      { without: ['--find-by-key'], more: ['--find-by-key', '/api/index.php/thirdparties?ref={key}'] },
      /Warning: asked for a key that nobody has/,
    ],
    [
      'a key without a place',
      0,
      { more: ['--reference', 'none'] },
      /our key is not sent with a create, since its place is not known/,
    ],
    ['deleted records that no feed was seen to show', 1, {}, /it is not known whether the change feed shows them/],
  ];
  test.each(cases)('%s is said', async (_what, which, change, sentence) => {
    const { system, said } = await interview(STRANGERS[which] as Stranger, change);
    await system.close();
    expect(said).toMatch(sentence);
  });

  test('what is known beforehand need not be seen: headers, the status of an empty list, a header that asks for changes', async () => {
    const [, pipedrive] = STRANGERS;
    const more = ['--send', 'X-Tenant: 7', '--empty', '410', '--since', 'If-Modified-Since: {since}'];
    const { system, preset } = await interview(pipedrive as Stranger, { without: ['--since'], more });
    await system.close();
    expect(preset).toMatchObject({
      headers: { 'x-tenant': '7' },
      records: {
        Organization: {
          list: { empty_status: [410, 304] },
          changes: {
            request: { headers: { 'if-modified-since': '{since|http_date}' } },
            empty_status: [410, 304],
            format: 'iso',
          },
        },
      },
    });
  });

  test('one record wrapped in a list of one is found where it stands, in a system with a tenant, ticks and a header for changes', async () => {
    const contact = (n: number) => ({
      ContactID: `bd2270c3-8706-4c11-9cfb-00000000000${n}`,
      Name: `Contact ${n}`,
      UpdatedDateUTC: `/Date(${1_700_000_000_000 + n * 1000}+0000)/`,
    });
    const all = [1, 2, 3].map(contact);
    const fake = await startFake(({ path, headers }) => {
      if (headers['xero-tenant-id'] !== 't-1') return { status: 403, json: { Title: 'Forbidden' } };
      const id = path.split('/')[2];
      if (id !== undefined) {
        const found = all.filter(({ ContactID }) => ContactID === id);
        return found.length === 0
          ? { status: 404, json: { Title: 'NotFound', Detail: 'not there' } }
          : { json: { Contacts: found } };
      }
      const since = Date.parse(headers['if-modified-since'] ?? '1970-01-01');
      const changed = all.filter(({ UpdatedDateUTC }) => Number(/\d+/.exec(UpdatedDateUTC)?.[0]) >= since);
      return changed.length === 0 ? { status: 304 } : { json: { Status: 'OK', Contacts: changed } };
    });
    await atDesk(async ({ tally, preset }) => {
      const { exit, out, err } = await tally(
        ...['connection', 'new', 'books', '--address', fake.url, '--record', 'Contact', '--auth', 'none', '--yes'],
        ...['--send', 'xero-tenant-id: t-1', '--list', '/Contacts', '--one', '/Contacts/{id}'],
        ...['--since', 'If-Modified-Since: {since}', '--update', 'POST /Contacts/{id}'],
      );
      expect([exit, err]).toEqual([0, '']);
      expect(out).not.toMatch(/Warning|since 2099|a day before/);
      const made = await preset('books');
      expect(made.refusal).toEqual({ code: 'Title', message: 'Detail' });
      expect(made.records.Contact).toMatchObject({
        id: 'ContactID',
        modified_at: 'UpdatedDateUTC',
        list: { rows: 'Contacts', empty_status: [304] },
        read: { by_id: { record: 'Contacts.0' } },
        write: { update: { record: 'Contacts.0' } },
      });
    });
  });

  test.each([
    [['--send', 'Authorization: Bearer x'], 'carries a secret'],
    [['--send', 'nonsense'], 'is no header'],
    [['--empty', '200'], 'can be no empty list'],
    [['--empty', '401'], 'can be no empty list'],
    [['--since', 'x=1'], 'no parameter has {since}'],
  ])('%j is refused', async (flags, sentence) => {
    await atDesk(async ({ tally }) => {
      const [stranger] = STRANGERS;
      const words = commandOf(stranger as Stranger).slice(1);
      const { err } = await tally(...words, ...flags, '--sample', join(PRODUCT, 'tests/cli/samples/bare-list.txt'));
      expect(err).toContain(sentence);
    });
  });
});
