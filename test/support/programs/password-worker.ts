// The thread that checks passwords, as the build makes it.
import '../../../src/node/access/password-worker.ts';
