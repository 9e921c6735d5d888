/** A thread that checks passwords one at a time, so that the process answers others meanwhile (see password-thread.ts). */

import { parentPort } from 'node:worker_threads';
import { verifyPassword } from './verify-password.ts';

export interface PasswordTask {
  readonly password: Uint8Array;
  readonly hash: string;
}

/** The answer to a task: whether the password is right, or why that cannot be said. */
export type PasswordAnswer = boolean | string;

parentPort?.on('message', ({ password, hash }: PasswordTask) => {
  verifyPassword(password, hash).then(
    (isRight) => parentPort?.postMessage(isRight satisfies PasswordAnswer),
    (error: unknown) => parentPort?.postMessage(String(error) satisfies PasswordAnswer),
  );
});
