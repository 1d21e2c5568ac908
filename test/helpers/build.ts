import { execFileSync } from 'node:child_process';

/** The tests that start real processes run the built package: it is brought up to date once, before the first test. */
export default function build(): void {
  execFileSync(process.execPath, ['scripts/build.js'], { stdio: 'inherit' });
}
