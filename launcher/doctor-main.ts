/** The program of `tsrun doctor` on a host that is not the launcher's: is asked through its standard input, answers on its standard output. */
import { serveExaminer } from './doctor/remote.ts';

process.title = 'tsmpi-doctor';
await serveExaminer({ readable: process.stdin, writable: process.stdout });
process.exit(0);
