import { expect, test } from 'vitest';
import { createAnswer } from '../../activities/answer.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { aWorld, found } from './deps.ts';

const question = (id: string, view = 'finance') => ({ view, id, record: 'Partner' });

test('questions about one record type are asked together, equal ones once, and each is answered', async () => {
  const asked: (readonly string[])[] = [];
  const { deps, told } = aWorld({
    questions: [question('1'), question('2'), question('2', 'stock'), question('3'), question('4')],
    connector: {
      read: async (_record, by) => {
        const ids = 'ids' in by ? by.ids : [];
        asked.push(ids);
        return ids.map((id) => (id === '3' ? { absent: true as const } : found(id)));
      },
    },
  });
  expect(await createAnswer(deps)({ connection: 'erp' })).toEqual({ answered: 5, more: false });
  expect(asked).toEqual([['1', '2', '3'], ['4']]);
  expect(told.answers).toHaveLength(5);
  expect(told.answers).toContainEqual({ from: expect.any(String), id: '3', found: false });
});

test('who asked is told why a system cannot be asked, and the connection counts the failure', async () => {
  const read = async (): Promise<never> => Promise.reject(new SyncError('UNREACHABLE', 'connection refused'));
  const { deps, told } = aWorld({ questions: [question('1'), question('2')], connector: { read } });
  await expect(createAnswer(deps)({ connection: 'erp' })).rejects.toMatchObject({ type: 'UNREACHABLE' });
  expect(told.answers).toEqual([
    { id: '1', code: 'UNREACHABLE' },
    { id: '2', code: 'UNREACHABLE' },
  ]);
  expect(told.failures).toHaveLength(1);
});

test('with no question nothing is asked, and nothing is said of the connection', async () => {
  const { deps, told } = aWorld();
  expect(await createAnswer(deps)({ connection: 'erp' })).toEqual({ answered: 0, more: false });
  expect(told.answers).toEqual([]);
});
