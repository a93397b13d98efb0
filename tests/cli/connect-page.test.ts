/** Runs docs/connect-your-system.md: its files are written, its commands run, and what it shows must be what they answer. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { compileRevision } from '../../src/config/compiled.ts';
import { connectorProblems } from '../../src/config/connectors.ts';
import { readConfigFiles } from '../../src/config/files.ts';
import { aTerminal } from './terminal.ts';

const PRODUCT = join(import.meta.dirname, '../..');
const page = await readFile(join(PRODUCT, 'docs/connect-your-system.md'), 'utf8');

interface Block {
  readonly kind: string;
  readonly name: string;
  readonly text: string;
}
const BLOCKS: readonly Block[] = [...page.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
  ([, kind = '', name = '', text = '']) => ({ kind, name, text }),
);

/** A command as a shell would cut it: words, some in quotes, over several lines. */
const words = (command: string): readonly string[] =>
  [...command.replaceAll('\\\n', ' ').matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

/** Blanks that align columns are no difference. */
const squeezed = (text: string): string => text.replace(/ +/g, ' ').trim();

test('every command on the page does what the page shows, and together they are a configuration that can be stored', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tally-page-'));
  try {
    const main = join(folder, 'tallystick.yaml');
    for (const name of ['tallystick.yaml', 'mappings'])
      await cp(join(PRODUCT, name), join(folder, name), { recursive: true });
    const files = new Map<string, string>();
    const tally = aTerminal({ env: { TALLY_CONFIG: main } });
    let said = '';
    let commands = 0;
    for (const { kind, name, text } of BLOCKS) {
      if (name !== '') {
        files.set(name, join(folder, name));
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), text);
      } else if (kind === 'sh') {
        const [program, ...args] = words(text);
        expect(program).toBe('tally');
        const { exit, out, err } = await tally(...args.map((word) => files.get(word) ?? word));
        expect([text, exit, err]).toEqual([text, 0, '']);
        said = squeezed(out.split('\n').map(squeezed).join('\n'));
        commands += 1;
      } else for (const line of text.trimEnd().split('\n')) expect(said).toContain(squeezed(line));
    }
    expect(commands).toBe(4);
    await writeFile(main, (await readFile(main, 'utf8')).replace('  - customer', '  - customer\n  - organization'));
    const whole = await readConfigFiles(main);
    expect(compileRevision({ number: 0, author: '', files: whole }).mappings.size).toBe(2);
    expect(await connectorProblems(whole, 'local')).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('every flag on the page is one that the command has', async () => {
  const { out } = await aTerminal()('connection', 'new', '--help');
  const named = new Set([...page.matchAll(/(?<=[\s`"])--[a-z][a-z-]*/g)].map(([flag]) => flag));
  expect(named.size).toBeGreaterThan(15);
  expect([...named].filter((flag) => !out.includes(flag) && flag !== '--help')).toEqual([]);
});
