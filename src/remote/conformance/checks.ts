/** Every check of the contract of remote.ts, in the order in which `testremote` runs them. */

import type { Check } from './check.ts';
import { lockChecks } from './lock-checks.ts';
import { removeChecks } from './remove-checks.ts';
import { resumeChecks } from './resume-checks.ts';
import { retrieveChecks } from './retrieve-checks.ts';
import { storeChecks } from './store-checks.ts';

export const conformanceChecks: readonly Check[] = [
  ...storeChecks,
  ...resumeChecks,
  ...retrieveChecks,
  ...removeChecks,
  ...lockChecks,
];
