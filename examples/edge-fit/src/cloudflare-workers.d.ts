/** Types of workerd that this example uses. The complete ones conflict with those of Node. */
declare module 'cloudflare:workers' {
  export interface DurableObjectState {
    readonly storage: {
      readonly kv: { get<Value>(key: string): Value | undefined; put(key: string, value: unknown): void };
      transactionSync<Result>(write: () => Result): Result;
    };
  }

  export class DurableObject {
    constructor(state: DurableObjectState, env: unknown);
  }

  export interface DurableObjectNamespace<Target> {
    /** Stub of the object, whose methods all return promises. */
    getByName(name: string): Target;
  }
}
