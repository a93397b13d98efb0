/** The few parts that we use of two drivers that are installed only where somebody needs them. */
declare module 'tedious' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  export interface ColumnMetaData {
    readonly colName: string;
    readonly type: { readonly name: string };
    readonly dataLength?: number;
  }
  export interface ColumnValue {
    readonly value: unknown;
    readonly metadata: ColumnMetaData;
  }
  export interface Type {
    readonly name: string;
  }
  export const TYPES: { readonly NVarChar: Type; readonly VarBinary: Type; readonly BigInt: Type };
  export class Request extends EventEmitter {
    constructor(text: string, done: (error: unknown, rowCount?: number) => void);
    addParameter(name: string, type: Type, value: unknown): void;
  }
  export interface ConnectionConfiguration {
    readonly server: string;
    readonly authentication: {
      readonly type: 'default';
      readonly options: { readonly userName: string; readonly password: string };
    };
    readonly options: {
      readonly port: number;
      readonly database: string;
      readonly encrypt: boolean;
      readonly trustServerCertificate: false;
      readonly requestTimeout: number;
      readonly connectTimeout: number;
      readonly appName: string;
      readonly readOnlyIntent: boolean;
      readonly useUTC: true;
      readonly cryptoCredentialsDetails: object;
      readonly connector: () => Promise<Socket>;
    };
  }
  export class Connection extends EventEmitter {
    constructor(configuration: ConnectionConfiguration);
    connect(done: (error?: Error) => void): void;
    execSql(request: Request): void;
    execSqlBatch(request: Request): void;
    close(): void;
  }
}

declare module 'oracledb' {
  export interface MetaData {
    readonly name: string;
    readonly dbTypeName: string;
    readonly byteSize?: number;
    readonly scale?: number;
  }
  export interface Result {
    readonly metaData?: readonly MetaData[];
    readonly rows?: readonly (readonly unknown[])[];
    readonly rowsAffected?: number;
  }
  export interface Connection {
    callTimeout: number;
    execute(text: string, values: readonly unknown[], options: object): Promise<Result>;
    close(options?: { readonly drop: boolean }): Promise<void>;
  }
  export interface Driver {
    readonly STRING: unknown;
    readonly BUFFER: unknown;
    readonly DB_TYPE_NUMBER: unknown;
    readonly DB_TYPE_CLOB: unknown;
    readonly DB_TYPE_NCLOB: unknown;
    readonly DB_TYPE_BLOB: unknown;
    getConnection(settings: {
      readonly user: string;
      readonly password: string;
      readonly connectString: string;
      readonly walletContent?: string;
    }): Promise<Connection>;
  }
  const driver: Driver;
  export default driver;
}
