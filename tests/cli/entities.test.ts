import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfigFiles } from '../../src/config/files.ts';
import { ENTITIES } from '../../src/domain/entities/index.ts';
import { aTerminal } from './terminal.ts';

const work = async (todo: (tally: ReturnType<typeof aTerminal>, folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'tally-entity-'));
  try {
    await todo(aTerminal({ env: { TALLY_CONFIG: join(folder, 'tallystick.yaml') } }), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

test('the entities of the product are listed and shown without anything running', () =>
  work(async (tally) => {
    const list = await tally('entity', 'list');
    expect(list).toMatchObject({ exit: 0, err: '' });
    expect(list.out.split('\n')[0]).toMatch(/^ENTITY\s+FIELDS\s+WHOSE\s+WHAT IT IS$/);
    for (const name of ENTITIES.keys()) expect(list.out).toMatch(new RegExp(`^${name}\\s+\\d+\\s+product\\s`, 'm'));
    const shown = await tally('entity', 'show', 'bom');
    expect(shown.out).toMatch(/^product\s+reference to product\s+needed\s+What is made\.$/m);
    expect(shown.out).toMatch(/^numerator\s+quantity\s+in unit, over denominator\s/m);
    expect(shown.out).toContain('\nComponents: What goes in.');
    expect(JSON.parse((await tally('entity', 'show', 'payment', '--json')).out)).toEqual(ENTITIES.get('payment'));
    expect(await tally('entity', 'show', 'costumer')).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/^NOT_FOUND: there is no entity "costumer"\. Did you mean "customer"\?/),
    });
  }));

test('an entity of one’s own is begun, found sound, taken into the configuration, and never overwritten', () =>
  work(async (tally, folder) => {
    const path = join(folder, 'entities', 'project.yaml');
    const made = await tally(
      'entity',
      'new',
      'project',
      '--summary',
      'Our work.',
      '--field',
      'budget:money',
      '--field',
      'state:choice',
    );
    expect(made).toEqual({
      exit: 0,
      out: `Written: ${path}\nCorrect it there, then say \`entity: project\` in a mapping.\n`,
      err: '',
    });
    const text = await readFile(path, 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/mappings\/schema\/entity\.schema\.json$/m);
    expect((await tally('entity', 'list')).out).toMatch(/^project\s+5\s+yours\s+Our work\.$/m);
    expect((await tally('entity', 'show', 'project')).out).toMatch(/^budget\s+money\s+in currency\s/m);
    await writeFile(join(folder, 'tallystick.yaml'), 'connections: {}\nmappings: []\n');
    expect(await readConfigFiles(join(folder, 'tallystick.yaml'))).toMatchObject({ 'entities/project.yaml': text });
    expect(await tally('entity', 'new', 'project')).toMatchObject({
      exit: 1,
      err: expect.stringContaining(`${path} is there already and is left as it is; choose another name`),
    });
    expect(await readFile(path, 'utf8')).toBe(text);
  }));

test.each([
  [['invoice'], '"invoice" is an entity of the product. Rename yours'],
  [['Our Project'], 'a name has small letters, digits and dashes, and begins with a letter'],
  [['../project'], 'a name has small letters, digits and dashes, and begins with a letter'],
  [['project', '--field', 'budget'], '--field budget: write a name, a colon and a type.'],
  [
    ['project', '--field', 'budget:mony'],
    '--field budget:mony: write a name, a colon and a type. Did you mean "money"?',
  ],
  [['driver', '--field', 'passport no:code', '--field', '9 (:code'], ''],
])('`tally entity new %j` is refused with a sentence, or writes what is sound', (args, sentence) =>
  work(async (tally, folder) => {
    const { exit, err } = await tally('entity', 'new', ...args);
    expect([exit, err.includes(sentence)]).toEqual([sentence === '' ? 0 : 1, true]);
    if (sentence !== '') await expect(readFile(join(folder, 'entities', 'project.yaml'))).rejects.toThrow(/ENOENT/);
  }),
);

test('what is wrong in an entity file is named by its own commands and by the check of mappings', () =>
  work(async (tally, folder) => {
    await mkdir(join(folder, 'entities'));
    await mkdir(join(folder, 'mappings'));
    await writeFile(
      join(folder, 'entities', 'project.yaml'),
      'entity: project\nsummary: Work.\nfields: { fee: { type: money, summary: Its fee. } }\n',
    );
    await writeFile(join(folder, 'mappings', 'work.yaml'), 'mapping: work\nentity: project\n');
    const wrong =
      /entities\/project\.yaml:3:\d+ entity-unit fee: a money needs its currency\. Say `in:` and the field of its currency\./;
    for (const command of [
      ['entity', 'list'],
      ['entity', 'show', 'project'],
      ['mapping', 'check'],
      ['mapping', 'check', 'work'],
    ]) {
      const { exit, err } = await tally(...command);
      expect([command, exit, wrong.test(err)]).toEqual([command, 1, true]);
    }
    // It is in nobody else's way.
    expect((await tally('entity', 'show', 'customer')).exit).toBe(0);
  }));
