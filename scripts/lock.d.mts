export declare const birthOf: (pid: number) => string;
export declare const ownerOf: (folder: string) => number | undefined;
export declare const tryLock: (folder: string) => (() => void) | undefined;
export declare const withLock: <T>(
  folder: string,
  waiting: (pid: number | undefined) => void,
  work: () => Promise<T>,
) => Promise<T>;
