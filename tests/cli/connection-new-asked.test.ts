/** Who answers what `tally connection new` asks: flags, a person, or the system itself. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCrm } from '../../sandbox/crm/server.ts';
import { atDesk, SAMPLES } from './desk.ts';

test('a script that leaves something open is told which flag says it', () =>
  atDesk(async ({ tally }) => {
    expect((await tally('connection', 'new', 'acme', '--yes')).err).toContain(
      'BAD_REQUEST: The address of the system, https://…, folder:/… or sftp://…: say it with --address',
    );
  }));

test('a person is asked what is open, and only a yes writes', () =>
  atDesk(async (desk) => {
    const questions: string[] = [];
    const replies = [
      'https://api.example.com',
      '',
      'Person',
      '/v1/persons',
      'none',
      join(SAMPLES, 'counted.json'),
      '',
      '/v1/persons/{id}',
      '',
      '',
      'no',
    ];
    const answering = (all: readonly string[]) => {
      const left = [...all];
      return desk.with({
        ask: async (question) => {
          questions.push(question);
          return left.shift() ?? '';
        },
      });
    };
    expect((await answering(replies)('connection', 'new', 'acme')).out).toMatch(/Nothing is done\.\n$/);
    expect(questions).toHaveLength(11);
    expect(existsSync(join(desk.folder, 'connectors'))).toBe(false);
    expect((await answering([...replies.slice(0, 10), 'yes'])('connection', 'new', 'acme')).exit).toBe(0);
    expect((await desk.preset('acme')).auth).toEqual({ kind: 'none' });
  }));

test('without a sample the system itself is asked, with its credentials, and read by id', async () => {
  const crm = await startCrm({ customers: 12 });
  try {
    await atDesk(
      async ({ tally, preset }) => {
        const { exit, out, err } = await tally(
          ...[
            'connection',
            'new',
            'acme',
            '--address',
            crm.url,
            '--record',
            'Account',
            '--list',
            '/v1/accounts?limit=5',
          ],
          ...['--auth', 'oauth2_client_credentials', '--token-path', '/oauth/token', '--setting', 'client_id=tally'],
          ...['--one', '/v1/accounts/{id}', '--since', 'changed_since', '--yes'],
        );
        expect([exit, err]).toEqual([0, '']);
        expect(out).toContain('Read by the engine from the system, and it found the way to the next page:');
        expect(out).not.toContain('Warning');
        expect((await preset('acme')).records.Account).toMatchObject({
          version: 'etag',
          modified_at: 'modified_at',
          reference: 'external_id',
          list: { rows: 'items', paging: { kind: 'cursor', next: 'next_cursor', page_size: 5 } },
        });
        const wrong = await tally(
          ...['connection', 'new', 'wrong', '--address', crm.url, '--record', 'Account', '--list', '/v1/accountz'],
          ...['--auth', 'oauth2_client_credentials', '--token-path', '/oauth/token', '--setting', 'client_id=tally'],
          ...['--setting', 'client_secret=env:ACME_CLIENT_SECRET', '--yes'],
        );
        expect(wrong.err).toContain('/v1/accountz was answered with status 404; correct --address or --list');
      },
      { ACME_CLIENT_SECRET: 'tally-secret' },
    );
  } finally {
    await crm.close();
  }
});
