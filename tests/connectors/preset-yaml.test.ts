import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readYaml } from '../../src/mapping/yaml.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

test.each(globSync('connectors/*/connector.yaml', { cwd: ROOT }))('%s is read as a running system reads it', (file) => {
  expect(readYaml(file, readFileSync(`${ROOT}${file}`, 'utf8')).problems).toEqual([]);
});
