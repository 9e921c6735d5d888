/** A context made from another: who passes a question on says only what is different about it. */

import type { Context } from './remote.ts';

/** The signal is the other's unless one is given, and made when it is first asked for: most questions never need it. */
export function deriveContext(context: Context, change: Partial<Context>): Context {
  const { clientUUID, bypass, associatedFile, requestId, trace } = context;
  const own = change.signal;
  return {
    clientUUID,
    bypass,
    associatedFile,
    requestId,
    trace,
    ...change,
    get signal() {
      return own ?? context.signal;
    },
  };
}
