import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { compileRevision } from '../../src/config/compiled.ts';
import { readConfigFiles } from '../../src/config/files.ts';

const aFolder = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'tally-files-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
};

test('a revision holds what the configuration names and nothing beside it', async () => {
  const folder = await aFolder({
    'mine.yaml': 'connections: { crm: { connector: own, url: "http://a" } }\nmappings: [customer]\n',
    'mappings/customer.yaml': 'a',
    'mappings/customer.test.yaml': 'cases',
    'mappings/other.yaml': 'not named',
    'mappings/lookups/terms.yaml': 'b',
    'entities/project.yaml': 'p',
    'entities/notes.txt': 'd',
    'connectors/own/connector.yaml': 'c',
    'connectors/own/schema/Account.json': '{}',
    'connectors/own/wsdl/own.wsdl': '<definitions/>',
    'connectors/own/wsdl/part.xsd': '<schema/>',
    'connectors/own/wsdl/bundle.json': '{}',
    'connectors/own/wsdl/notes.txt': 'd',
    'connectors/own/notes.txt': 'd',
    'connectors/unused/connector.yaml': 'e',
  });
  expect(Object.keys(await readConfigFiles(join(folder, 'mine.yaml'))).sort()).toEqual([
    'connectors/own/connector.yaml',
    'connectors/own/schema/Account.json',
    'connectors/own/wsdl/bundle.json',
    'connectors/own/wsdl/own.wsdl',
    'connectors/own/wsdl/part.xsd',
    'entities/project.yaml',
    'mappings/customer.yaml',
    'mappings/lookups/terms.yaml',
    'mine.yaml',
  ]);
});

test('presets that come with the product need not be copied', async () => {
  const folder = await aFolder({
    'tallystick.yaml': 'connections: { crm: { connector: sandbox-crm, url: "http://a" } }\nmappings: [x]\n',
  });
  const files = await readConfigFiles(join(folder, 'tallystick.yaml'));
  expect(files['connectors/sandbox-crm/connector.yaml']).toContain('engine:');
});

test('names that climb out of the folder are not followed', async () => {
  const folder = await aFolder({
    'inner/tallystick.yaml': 'connections: {}\nmappings: [../../secret]\n',
    'secret.yaml': 's',
  });
  expect(Object.keys(await readConfigFiles(join(folder, 'inner', 'tallystick.yaml')))).toEqual(['tallystick.yaml']);
});

test('a configuration that is not there is said in one sentence', async () => {
  const folder = await aFolder({});
  await expect(readConfigFiles(join(folder, 'tallystick.yaml'))).rejects.toThrow(
    /there is no .*tallystick\.yaml; write one/,
  );
});

test('broken files are read all the same, so that their problems can be told', async () => {
  const folder = await aFolder({ 'tallystick.yaml': 'connections: [\n' });
  const files = await readConfigFiles(join(folder, 'tallystick.yaml'));
  expect(() => compileRevision({ number: 1, author: 'x', files })).toThrow(/tallystick\.yaml:\d+:\d+ broken-yaml/);
});

test('the configuration that comes with the product compiles', async () => {
  const files = await readConfigFiles(join(import.meta.dirname, '../../tallystick.yaml'));
  const { configuration, mappings } = compileRevision({ number: 1, author: 'x', files });
  expect(configuration.connections.map(({ name }) => name)).toEqual(['crm', 'erp']);
  expect([...mappings.keys()]).toEqual(['customer']);
});

test('a mapping that is named otherwise inside than its file is refused', async () => {
  const files = await readConfigFiles(join(import.meta.dirname, '../../tallystick.yaml'));
  const renamed = {
    ...files,
    'tallystick.yaml': (files['tallystick.yaml'] ?? '').replace('- customer', '- client'),
    'mappings/client.yaml': files['mappings/customer.yaml'] ?? '',
  };
  expect(() => compileRevision({ number: 1, author: 'x', files: renamed })).toThrow(/mappings\/c/);
});
