/** Starts a program that never answers, and prints its number. */
import { Lifeline, Program } from '../../../launcher/agents/program.ts';

const handlers = { output: (chunk: Buffer) => void process.stdout.write(chunk), refused() {}, ended() {} };
new Program(['sh', '-c', 'echo $$; trap "" TERM HUP INT; while :; do sleep 1; done'], {}, new Lifeline(), handlers);
