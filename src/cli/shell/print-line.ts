/** A line on standard output, of which the reader has it all before the process ends. */

import process from 'node:process';

export async function printLine(line: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
  });
}
