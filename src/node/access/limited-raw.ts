/** Limits for handlers that speak with node:http themselves: git's side. Their programs take the pace from the request. */

import { Admission } from '../../p2p/http/limits/admission.ts';
import type { Limits } from '../../p2p/http/limits/limits.ts';
import type { RawHandler, RawRequest } from '../http/listen.ts';

export function limitedRaw(handler: RawHandler, limits: Limits): RawHandler {
  if (!limits.counts) return handler;
  return (request) => {
    const { message, response } = request;
    const admission = limits.admit(request);
    if (!(admission instanceof Admission)) {
      response.writeHead(admission.status, [...admission.headers]);
      response.end(typeof admission.body === 'string' ? admission.body : undefined);
      return true;
    }
    const limited: RawRequest = {
      id: request.id,
      method: request.method,
      path: request.path,
      query: request.query,
      secure: request.secure,
      address: request.address,
      trace: request.trace,
      header: (name) => request.header(name),
      granted: (user, repository) => request.granted(user, repository),
      message,
      response,
      paces: { upload: admission.upload, download: admission.download },
    };
    limits.follow(limited, admission);
    const isTaken = handler(limited);
    if (isTaken) response.once('close', () => admission.end());
    else admission.undo();
    return isTaken;
  };
}
