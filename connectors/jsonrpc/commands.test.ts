import { expect, test } from 'vitest';
import { createParts } from './commands.ts';
import type { References } from './references.ts';
import type { Children } from './schema.ts';

const COMMANDS = {
  create: ['create', ['{values}']],
  update: ['write', ['{id}'], '{values}'],
  delete: ['delete', ['{id}']],
  link: ['add', ['{id}']],
};
const LINES: Children = {
  children: 'lines',
  of: 'sale.line',
  key: ['number'],
  fields: { number: 'reference', quantity: 'quantity' },
  new: {},
};
const NOBODY: References = { learn: async () => undefined, resolve: () => ({ problem: 'nobody' }) };

test('children are changed, added and taken away by their key, and the others are left alone', () => {
  const parts = createParts('Sale', COMMANDS, NOBODY, (value) => value);
  const standing = [
    { id: 7, shown: { number: '1', quantity: 2 } },
    { id: 8, shown: { number: '2', quantity: 5 } },
    { id: 9, shown: { number: '3', quantity: 1 } },
  ];
  const told = [
    { number: '1', quantity: 4 },
    { number: '2', $removed: true },
    { number: '4', quantity: 3 },
    { number: '5', $removed: true },
  ];
  expect(parts.children(LINES, told, standing, 'lines')).toEqual([
    ['write', [7], { quantity: 4 }],
    ['delete', [8]],
    ['create', [{ reference: '4', quantity: 3 }]],
  ]);
});
