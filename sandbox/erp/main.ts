/** The sandbox ERP as a process of its own. */
import { runAsProcess } from '../kit/run.ts';
import { startErp } from './server.ts';

export { startErp };

if (import.meta.main) await runAsProcess(startErp);
