/** Script of `worker.ts` with all that it imports; it defines `thread.serve`. The build writes it. */
export declare const script: string;
