export declare const cacheFolder: (env?: Readonly<Record<string, string | undefined>>) => string;
