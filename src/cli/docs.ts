/** `npm run docs`: writes the pages that are made from the code, and names those that changed. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ERRORS, type Recovery } from '../domain/errors.ts';
import { schemaFiles } from '../mapping/schemas.ts';
import { openApi } from '../server/openapi.ts';
import { ROUTES } from '../server/routes.ts';
import { enginePage } from './engine-pages.ts';
import { codecsPage, configurationPage } from './option-pages.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const RECOVERIES: Readonly<Record<Recovery, string>> = {
  retry: 'tried again by itself',
  park: 'the record is set aside for a person (`tally parked`)',
  pause: 'the connection is not used until a person resumes it',
  abort: 'the request or the file is wrong',
};

const errorsPage = (): string => {
  const rows = Object.entries(ERRORS).map(
    ([code, { recovery, fix }]) => `| \`${code}\` | ${recovery} | ${fix.replaceAll('|', '\\|')} |`,
  );
  const legend = Object.entries(RECOVERIES).map(([recovery, text]) => `- **${recovery}**: ${text}`);
  return [
    '# Codes',
    '',
    'Made from `src/domain/errors.ts` by `npm run docs`: every code there is, what becomes of it and what to do.',
    '',
    ...legend,
    '',
    '| code | then | what to do |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
};

/** Every generated file by its path, with the text it must have. */
export const generated = (): Readonly<Record<string, string>> => ({
  'docs/codecs.md': codecsPage(),
  'docs/configuration.md': configurationPage(),
  'docs/errors.md': errorsPage(),
  'docs/files.md': enginePage('files', new URL('../../docs/files.md', import.meta.url)),
  'docs/sql.md': enginePage('sql', new URL('../../docs/sql.md', import.meta.url)),
  'docs/openapi.json': `${JSON.stringify(openApi(ROUTES), null, 2)}\n`,
  'docs/soap.md': enginePage('soap', new URL('../../docs/soap.md', import.meta.url)),
  ...Object.fromEntries(Object.entries(schemaFiles()).map(([name, text]) => [`mappings/schema/${name}`, text])),
});

/** Generated files whose text is not what it must be. */
export const stale = async (root = ROOT): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const [path, text] of Object.entries(generated()))
    if ((await readFile(join(root, path), 'utf8').catch(() => '')) !== text) found.push(path);
  return found;
};

const write = async (): Promise<void> => {
  const all = generated();
  for (const path of await stale()) {
    await mkdir(dirname(join(ROOT, path)), { recursive: true });
    await writeFile(join(ROOT, path), all[path] ?? '');
    process.stdout.write(`${path}\n`);
  }
};

if (import.meta.main) await write();
