import { readdirSync, readFileSync } from 'node:fs';

const TICKS = 100;
const statOf = (pid: string): readonly string[] => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
};

/** Processor time of a process and of all its children, those that ended too, s. Says more than the clock where others use the machine. */
export const cpuOf = (pid: string): number => {
  const own = statOf(pid).slice(11, 15);
  const children = readdirSync('/proc').filter((each) => /^\d+$/.test(each) && statOf(each)[1] === pid);
  return (
    own.reduce((sum, ticks) => sum + Number(ticks) / TICKS, 0) + children.reduce((sum, each) => sum + cpuOf(each), 0)
  );
};
export const parentOf = (pid: string): string => statOf(pid)[1] ?? '';
