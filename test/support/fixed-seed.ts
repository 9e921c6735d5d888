// Properties run under one seed, so that a failure on one machine is a failure on every machine.
// FAST_CHECK_SEED=N tries another; the seed of a failure is printed by fast-check itself.
import fc from 'fast-check';

const seed = Number(process.env['FAST_CHECK_SEED'] ?? 20_240_731);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
