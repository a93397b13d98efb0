/** The sandbox CRM as a process of its own. */
import { runAsProcess } from '../kit/run.ts';
import { startCrm } from './server.ts';

export { startCrm };

if (import.meta.main) await runAsProcess(startCrm);
