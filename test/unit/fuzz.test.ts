// Everything that reads what strangers write is fed with what nobody wrote; see fuzz/. A few seconds here, ten minutes by
// `npm run soak -- fuzz`, which also leaves a page in doc/evidence/.
import { expect, test } from 'vitest';
import { writeEvidence } from '../interop/scenario/evidence.ts';
import { conversationTargets } from './fuzz/conversation-target.ts';
import { fuzz } from './fuzz/fuzz.ts';
import { httpTarget } from './fuzz/http-target.ts';
import { logTarget } from './fuzz/log-target.ts';
import { parserTargets } from './fuzz/parser-targets.ts';
import { words } from './fuzz/words.ts';

const soakSeconds = process.env['ANNEXUS_SOAK_FUZZ_SECONDS'];
const isSoak = soakSeconds !== undefined;
const seconds = Number(soakSeconds ?? 3);
const seed = Number(process.env['FAST_CHECK_SEED'] ?? 20_261_125);
const maxMemoryMB = 1024;

test(`${seconds} s of inputs that nobody wrote (seed ${seed})`, {
  timeout: seconds * 1000 + 120_000,
}, async () => {
  const targets = [...(await conversationTargets()), httpTarget, logTarget, ...parserTargets];
  const report = await fuzz(targets, { seed, forMs: seconds * 1000, words });
  const memoryMB = Math.max(...Object.values(report.targets).map(({ peakMB }) => peakMB));
  console.log(JSON.stringify({ ...report, memoryMB }));
  expect(report.wrong).toEqual([]);
  expect(memoryMB).toBeLessThan(maxMemoryMB);
  if (isSoak)
    await writeEvidence('fuzz', {
      seconds,
      seed,
      inputs: report.inputs,
      ...report.targets,
      'functions reached': report.functions,
      'peak memory, MB': memoryMB,
    });
});
