/** Builds the bundle of the workflows: `bundle-build.ts <folder> <file>`. A process of its own, because the bundler is large. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const [folder = '', file = ''] = process.argv.slice(2);
const { code } = await bundleWorkflowCode({
  workflowsPath: join(folder, 'index.ts'),
  logger: new DefaultLogger('ERROR'),
});
await writeFile(file, code);
