/** Types of workerd that this example uses. All of them would conflict with those of Node. */
declare module 'cloudflare:workers' {
  export type SqlValue = ArrayBuffer | string | number | null;

  export interface SqlCursor {
    toArray(): Record<string, SqlValue>[];
    /** The only row. */
    one(): Record<string, SqlValue>;
  }

  export interface DurableObjectStorage {
    readonly sql: { exec(query: string, ...bindings: (SqlValue | ArrayBufferView)[]): SqlCursor };
    transactionSync<Result>(write: () => Result): Result;
  }

  export interface DurableObjectState {
    readonly storage: DurableObjectStorage;
  }

  export class DurableObject {
    constructor(state: DurableObjectState, env: unknown);
  }

  interface DurableObjectId {
    toString(): string;
  }

  /** An object as it is from elsewhere: each method takes time. */
  export type Stub<Target> = {
    [Name in keyof Target]: Target[Name] extends (...args: infer Args) => infer Result
      ? (...args: Args) => Promise<Awaited<Result>>
      : never;
  };

  export interface DurableObjectNamespace<Target> {
    idFromName(name: string): DurableObjectId;
    get(id: DurableObjectId): Stub<Target>;
  }
}
