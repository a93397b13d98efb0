/** A lock that is a folder with its owner's process inside: whoever died no longer holds it. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** When a process began, so that a number used again is not taken for the old process; empty if it is gone. */
export const birthOf = (pid) => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return '';
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? '' : rest[18]; // a zombie has ended; field 22 is the start time
  } catch {
    return birthByPs(pid);
  }
};

const birthByPs = (pid) => {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
};

/** The living process that holds this lock, if any. */
export const ownerOf = (folder) => {
  const owner = read(folder);
  return owner !== undefined && owner.birth !== '' && birthOf(owner.pid) === owner.birth ? owner.pid : undefined;
};

const read = (folder) => {
  try {
    const [pid, birth] = readFileSync(`${folder}/owner`, 'utf8').split('\n');
    return { pid: Number(pid), birth };
  } catch {
    return undefined;
  }
};

/** Take the lock, or answer undefined when a living process holds it. The result gives it back. */
export const tryLock = (folder) => {
  mkdirSync(dirname(folder), { recursive: true });
  const own = `${folder}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  mkdirSync(own);
  writeFileSync(`${own}/owner`, `${process.pid}\n${birthOf(process.pid)}\n`);
  try {
    for (let round = 0; round < 3; round += 1) {
      try {
        renameSync(own, folder); // atomic, and refused while the folder exists: it is never empty
        let held = true; // given back once: afterwards it may be another's
        return () => {
          if (held) rmSync(folder, { recursive: true, force: true });
          held = false;
        };
      } catch (error) {
        if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) throw error;
      }
      if (ownerOf(folder) !== undefined || !clear(folder)) return undefined;
    }
    return undefined;
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
};

/** Remove a dead owner's lock. One process at a time may: or the second would remove what the first has just taken. */
const clear = (folder) => {
  const turn = `${folder}.clearing`;
  try {
    mkdirSync(turn);
  } catch {
    if (Date.now() - (statSync(turn, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 10_000)
      rmSync(turn, { recursive: true, force: true });
    return false;
  }
  try {
    if (ownerOf(folder) === undefined) rmSync(folder, { recursive: true, force: true });
    return true;
  } finally {
    rmSync(turn, { recursive: true, force: true });
  }
};

/** Do the work while nobody else holds the lock; wait for whoever does. */
export const withLock = async (folder, waiting, work) => {
  let release = tryLock(folder);
  for (let round = 0; release === undefined; round += 1) {
    if (round === 2) waiting(ownerOf(folder));
    await new Promise((resolve) => setTimeout(resolve, 200));
    release = tryLock(folder);
  }
  try {
    return await work();
  } finally {
    release();
  }
};
