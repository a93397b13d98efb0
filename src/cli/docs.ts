/** `npm run docs`: writes the pages that are made from the code, and names those that changed. */
import { globSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENTITIES } from '../domain/entities/index.ts';
import { ERRORS, type Recovery } from '../domain/errors.ts';
import { compileMappings } from '../mapping/compile.ts';
import { LookupFile } from '../mapping/schema.ts';
import { schemaFiles, viewSchemaFiles } from '../mapping/schemas.ts';
import { readYaml } from '../mapping/yaml.ts';
import { openApi } from '../server/openapi.ts';
import { ROUTES } from '../server/routes.ts';
import { enginePage } from './engine-pages.ts';
import { entitiesPage, entityPage } from './entity-pages.ts';
import { mappingPage } from './mapping-pages.ts';
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

/** One page for each shipped mapping. */
const mappingPages = (): Readonly<Record<string, string>> => {
  const paths = globSync(['mappings/*.yaml', 'mappings/lookups/*.yaml'], { cwd: ROOT }).sort();
  const files = Object.fromEntries(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
  const lookups = new Map(
    paths
      .filter((path) => path.includes('/lookups/'))
      .map((path) => LookupFile.parse(readYaml(path, files[path] ?? '').source?.value))
      .map((file) => [file.lookup, file]),
  );
  const { mappings } = compileMappings(files);
  return Object.fromEntries(
    [...mappings].map(([name, mapping]) => [`docs/mappings/${name}.md`, mappingPage(mapping, lookups)]),
  );
};

/** Every generated file by its path, with the text it must have. */
export const generated = (): Readonly<Record<string, string>> => ({
  'docs/codecs.md': codecsPage(),
  'docs/configuration.md': configurationPage(),
  'docs/errors.md': errorsPage(),
  'docs/odata.md': enginePage('odata', new URL('../../docs/odata.md', import.meta.url)),
  'docs/files.md': enginePage('files', new URL('../../docs/files.md', import.meta.url)),
  'docs/sql.md': enginePage('sql', new URL('../../docs/sql.md', import.meta.url)),
  'docs/outbox.md': enginePage('outbox', new URL('../../docs/outbox.md', import.meta.url)),
  'docs/openapi.json': `${JSON.stringify(openApi(ROUTES), null, 2)}\n`,
  'docs/soap.md': enginePage('soap', new URL('../../docs/soap.md', import.meta.url)),
  'docs/entities/README.md': entitiesPage(),
  ...Object.fromEntries([...ENTITIES].map(([name, entity]) => [`docs/entities/${name}.md`, entityPage(entity)])),
  ...mappingPages(),
  ...Object.fromEntries(Object.entries(schemaFiles()).map(([name, text]) => [`mappings/schema/${name}`, text])),
  ...Object.fromEntries(Object.entries(viewSchemaFiles()).map(([name, text]) => [`views/schema/${name}`, text])),
});

// All that stands in these is made.
const MADE = ['docs/entities', 'docs/mappings'];

/** Files in folders of generated pages that nothing makes any more. */
export const leftOver = async (root = ROOT): Promise<readonly string[]> => {
  const all = generated();
  const found = MADE.map(async (folder) =>
    (await readdir(join(root, folder)).catch(() => [])).map((name) => `${folder}/${name}`),
  );
  return (await Promise.all(found)).flat().filter((path) => all[path] === undefined);
};

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
  for (const path of await leftOver()) {
    await rm(join(ROOT, path));
    process.stdout.write(`${path} is gone\n`);
  }
};

if (import.meta.main) await write();
