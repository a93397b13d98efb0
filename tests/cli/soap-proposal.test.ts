/** What an interview proposes of a WSDL, put in force as a person would: the marks taken away. It must keep the laws. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createConnector } from '../../connectors/index.ts';
import { startErp } from '../../sandbox/erp/server.ts';
import { type Json, type JsonObject, parseJson } from '../../src/domain/json.ts';
import { conformance } from '../kit/conformance.ts';
import { aConnection } from '../kit/fake-http.ts';
import { presetOf } from '../kit/preset.ts';
import { control, striker } from '../kit/sandbox.ts';
import { atDesk, PRODUCT } from './desk.ts';

const WSDL = join(PRODUCT, 'connectors/sandbox-erp-soap/wsdl/partners.wsdl');
const ARTICLES = join(PRODUCT, 'tests/connectors/soap-php/articles.wsdl');

/** The file that an interview writes about a WSDL, the folder it lies in, and what was said. */
const written = async (wsdl: string, record: string, ...more: readonly string[]) => {
  let found = { text: '', said: '', files: {} as Record<string, string> };
  await atDesk(async ({ tally, folder }) => {
    const { exit, out, err } = await tally(
      ...['connection', 'new', 'acme', '--address', 'https://erp.example.com', '--record', record, '--wsdl', wsdl],
      ...['--endpoint', '/soap/partners', '--auth', 'basic', '--yes', ...more],
    );
    expect([exit, err]).toEqual([0, '']);
    const at = join(folder, 'connectors/acme');
    const preset = parse(await readFile(join(at, 'connector.yaml'), 'utf8'), { logLevel: 'silent' }) as {
      wsdl: { file: string };
    };
    const files: Record<string, string> = {};
    for (const name of ['wsdl/bundle.json', preset.wsdl.file, 'wsdl/partners-e8d5a5.xsd'])
      files[name] = await readFile(join(at, name), 'utf8').catch(() => '');
    found = { text: await readFile(join(at, 'connector.yaml'), 'utf8'), said: out, files };
  });
  return found;
};
const inForce = (text: string): JsonObject => parse(text.replaceAll(/^#~/gm, '')) as JsonObject;
const recordIn = (preset: JsonObject, name: string): JsonObject =>
  (preset['records'] as JsonObject)[name] as JsonObject;
const shipped = presetOf('sandbox-erp-soap') as JsonObject;

const draft = (name: string): JsonObject => ({
  organization_name: name,
  grouping: 'Z001',
  addresses: [{ use: 'bill-to', city: 'Ulm', country: 'DE' }],
});

conformance(
  'What is proposed of the sandbox ERP’s WSDL',
  async () => {
    const { text, files } = await written(WSDL, 'Partner');
    const proposed = inForce(text);
    const partner = recordIn(proposed, 'Partner');
    const { list } = recordIn(shipped, 'Partner');
    // A person adds what no WSDL tells: the meaning of its codes, the change feed, and what is promised.
    const { fault, refusal, errors } = shipped as { fault: Json; refusal: Json; errors: Json };
    const { changes, capabilities } = recordIn(shipped, 'Partner');
    const preset: JsonObject = {
      ...proposed,
      ...{ fault, refusal, errors },
      records: {
        Partner: { ...partner, list: list ?? null, changes: changes ?? null, capabilities: capabilities ?? null },
      },
    };
    const erp = await startErp({ customers: 50 });
    await control(erp.controlUrl, 'settings', {});
    return {
      record: 'Partner',
      connect: (who) =>
        createConnector({
          settings: aConnection(erp.url, {
            name: 'acme',
            connector: 'acme',
            settings: { user: 'tally', password: who === 'impostor' ? 'wrong-secret-of-nobody' : 'tally-secret' },
          }),
          preset,
          mode: 'local',
          secret: (reference) => reference,
          read: async (path) => files[path],
        }),
      draft,
      change: (name) => ({ note: name }),
      refused: { ...draft('x'.repeat(81)) },
      decimal: (name, digits) => ({ ...draft(name), credit_limit: parseJson(digits) }),
      readDecimal: (body) => body['credit_limit'],
      empties: (name) => ({ ...draft(name), credit_limit: null, note: '' }),
      readEmpties: (body) => [body['credit_limit'], body['note']],
      strike: striker(erp.controlUrl, '/soap'),
      secrets: ['tally-secret', 'wrong-secret-of-nobody'],
      close: erp.close,
    };
  },
  { skip: [{ law: 7, reason: 'the sandbox ERP sends no webhooks, so nothing is verified' }] },
);

describe('what is proposed', () => {
  test('is not in force: without its marks the file reads lists and nothing else', async () => {
    const { text, said } = await written(WSDL, 'Partner');
    const partner = recordIn(parse(text) as JsonObject, 'Partner');
    expect([partner['read'], partner['write']]).toEqual([undefined, undefined]);
    expect(text).toContain('# Then `capabilities` may say idempotency: searchable and guard: version.');
    expect(said).toContain('writes are proposed at the end of the file, from names alone');
  });

  test('is what somebody wrote who knew the system, but for the size of batches', async () => {
    const { text } = await written(WSDL, 'Partner');
    const { read, write } = recordIn(inForce(text), 'Partner') as { read: JsonObject; write: JsonObject };
    const known = recordIn(shipped, 'Partner') as { read: JsonObject; write: JsonObject };
    expect(JSON.parse(JSON.stringify({ read, write }).replaceAll('"max":20', '"max":200'))).toEqual({
      read: known.read,
      write: known.write,
    });
  });

  test('puts id and key into records that a message takes bare, by the first port of a WSDL that offers two', async () => {
    const { text, said } = await written(ARTICLES, 'Article');
    const preset = inForce(text);
    expect(preset['wsdl']).toMatchObject({ service: 'ArticleService', port: 'Articles11' });
    expect(said).toMatch(/^port +Articles11 +the first of 2 with SOAP 1\.1; another one: --port$/m);
    expect(recordIn(preset, 'Article')).toMatchObject({
      write: {
        create: {
          request: { message: { article: '{items}' } },
          item: { '...': '{data}', reference: '{key}' },
          record: 'article',
        },
        update: { item: { '...': '{data}', id: '{id}' } },
        delete: { request: { operation: 'deleteArticle', message: { id: '{id}' } } },
      },
    });
    const other = await written(ARTICLES, 'Article', '--port', 'Articles12');
    expect(inForce(other.text)['wsdl']).toMatchObject({ port: 'Articles12' });
  });

  test('is nothing where no other operation speaks of such records', async () => {
    const { text, said } = await written(WSDL, 'Invoice');
    expect(text).not.toContain('#~');
    expect(said).toContain('no other operation has a name and a message that say so. They are ping, changedPartners,');
  });

  test('a port that is not there is answered with those that are', () =>
    atDesk(async ({ tally }) => {
      const { err } = await tally(
        ...[
          'connection',
          'new',
          'acme',
          '--address',
          'https://erp.example.com',
          '--record',
          'Article',
          '--wsdl',
          ARTICLES,
        ],
        ...['--endpoint', '/e', '--auth', 'none', '--port', 'Articles13', '--yes'],
      );
      expect(err).toContain('--port: the WSDL has no port "Articles13"; it has Articles11, Articles12');
    }));
});
