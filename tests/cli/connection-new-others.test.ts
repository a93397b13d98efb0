/** Connectors for SOAP and for files, as `tally connection new` writes them. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startErp } from '../../sandbox/erp/server.ts';
import { connectorProblems } from '../../src/config/connectors.ts';
import { readConfigFiles } from '../../src/config/files.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { atDesk, PRODUCT } from './desk.ts';

const asPartner = (name: string, ...more: readonly string[]): readonly string[] => [
  ...['connection', 'new', name, '--record', 'Partner', '--yes'],
  ...more,
];

test.each([
  ['a file, whose parts lie beside it', join(PRODUCT, 'connectors/sandbox-erp-soap/wsdl/partners.wsdl'), false],
  ['the system itself, which is then read', '/soap/partners?wsdl', true],
])('a SOAP connector is written from a WSDL: %s', async (_what, wsdl, live) => {
  const erp = await startErp({ customers: 12 });
  try {
    await atDesk(
      async ({ tally, folder, preset }) => {
        const { exit, out, err } = await tally(
          ...asPartner('acme', '--address', erp.url, '--wsdl', wsdl, '--endpoint', '/soap/partners', '--auth', 'basic'),
          ...['--setting', 'user=tally'],
        );
        expect([exit, err]).toEqual([0, '']);
        const made = await preset('acme');
        const shipped = parseConfiguration({
          number: 0,
          author: '',
          files: await readConfigFiles(join(PRODUCT, 'tallystick.soap.yaml')),
          // biome-ignore lint/suspicious/noExplicitAny: a test looks into presets of every shape
        }).presets['sandbox-erp-soap'] as any;
        const { page_size: _, ...paging } = shipped.records.Partner.list.paging;
        expect(made.records.Partner.list).toEqual({ ...shipped.records.Partner.list, paging });
        expect(made.records.Partner).toMatchObject({ id: 'number', version: 'row_version', modified_at: 'changed_at' });
        expect(made.wsdl.sha256).toBe(shipped.wsdl.sha256);
        expect(out.includes('Read by the engine from the system, and it found the way to the next page')).toBe(live);
        expect(await connectorProblems(await readConfigFiles(join(folder, 'tallystick.yaml')), 'local')).toEqual([]);
      },
      { ACME_PASSWORD: 'tally-secret' },
    );
  } finally {
    await erp.close();
  }
});

test('an operation that a WSDL does not have is answered with those it has', () =>
  atDesk(async ({ tally, folder }) => {
    const wsdl = join(PRODUCT, 'connectors/sandbox-erp-soap/wsdl/partners.wsdl');
    const { err } = await tally(
      ...asPartner(
        'acme',
        '--address',
        'https://a.example.com',
        '--wsdl',
        wsdl,
        '--endpoint',
        '/soap',
        '--auth',
        'none',
      ),
      ...['--list', 'listPartnerz'],
    );
    expect(err).toContain('--list: the WSDL has no operation "listPartnerz"; it has ping, listPartners,');
    expect(existsSync(join(folder, 'connectors'))).toBe(false);
  }));

const CSV = 'Partner;Full name;City\r\n0045;M\u00fcller AG;K\u00f6ln\r\n0046;Acme;Ulm\r\n';

test.each([
  [
    'partners_2026-11-01.csv',
    Buffer.from(CSV, 'latin1'),
    { kind: 'csv', delimiter: ';', encoding: 'windows-1252' },
    'partners_*.csv',
    'partner',
  ],
  ['p.tsv', Buffer.from(CSV.replaceAll(';', '\t')), { kind: 'csv', delimiter: '\t' }, 'p.tsv', 'partner'],
  [
    'p-17.jsonl',
    Buffer.from('{"no":"0045","name":"A"}\n{"no":"0046","name":"B"}\n'),
    { kind: 'json_lines' },
    'p-*.jsonl',
    'no',
  ],
] as const)('a connector for files is written from one of them: %s', (name, bytes, format, pattern, id) =>
  atDesk(async ({ tally, folder, preset }) => {
    await writeFile(join(folder, name), bytes);
    const { exit, out, err } = await tally(
      ...asPartner('files', '--address', 'folder:/srv/exchange', '--sample', join(folder, name), '--whole'),
    );
    expect([exit, err]).toEqual([0, '']);
    expect((await preset('files')).records.Partner).toMatchObject({
      format,
      id,
      in: { folder: 'in', full: [pattern] },
    });
    expect(out).toMatch(/Read by the engine from the sample:\n {2}0045, version \S+\n {2}0046, /);
    expect(await connectorProblems(await readConfigFiles(join(folder, 'tallystick.yaml')), 'local')).toEqual([]);
  }),
);

test.each([
  ['no row', 'a,b\n', '--sample: it has no row below its header'],
  ['one column', 'a\n1\n', '--sample: its rows have one cell'],
  [
    'no id',
    'name,city\nA,Ulm\nA,Ulm\n',
    'no column is named like an id, filled in every row and never twice; say it with --id',
  ],
])('a file with %s is refused in one sentence', (_what, text, sentence) =>
  atDesk(async ({ tally, folder }) => {
    await writeFile(join(folder, 'p.csv'), text);
    const { err } = await tally(...asPartner('files', '--address', 'folder:/srv/x', '--sample', join(folder, 'p.csv')));
    expect(err).toContain(sentence);
    expect(existsSync(join(folder, 'connectors'))).toBe(false);
  }),
);

test('an SFTP server asks for a pinned key, by reference', () =>
  atDesk(async ({ tally, folder, preset }) => {
    await writeFile(join(folder, 'p.csv'), 'no,name\n1,A\n');
    expect(
      (
        await tally(
          ...asPartner('drop', '--address', 'sftp://files.example.com/out', '--sample', join(folder, 'p.csv')),
        )
      ).exit,
    ).toBe(0);
    expect((await preset('drop')).sign_in).toEqual({
      user: '{settings.user}',
      private_key: '{settings.private_key}',
      host_key: '{settings.host_key}',
    });
  }));
