import { SyncError } from '../domain/errors.ts';
import type { Session } from './session.ts';

/** A person says yes to what was shown, at the terminal or beforehand with --yes; without either nothing is done. */
export const agreed = async (session: Session, question: string, yes: boolean): Promise<boolean> => {
  if (yes) return true;
  const { ask } = session.io;
  if (ask === undefined)
    throw new SyncError('BAD_REQUEST', 'nobody is here to ask: look at what would be done, then say --yes');
  if (/^y(es)?$/i.test((await ask(`${question} (yes/no) `)).trim())) return true;
  if (!session.json) session.say('Nothing is done.\n');
  return false;
};
