import { expect, test } from 'vitest';
import { remoteEnvironment } from '../../../launcher/agents/environment.ts';

test('what steers Node and the output goes to other hosts; what belongs to this one stays', () => {
  const env = {
    NODE_ENV: 'test',
    NODE_OPTIONS: '',
    LANG: 'C',
    LC_ALL: 'C',
    TSMPI_ALGORITHMS: 'bcast=chain',
    TZ: undefined,
    PATH: '/bin',
    HOME: '/root',
    SSH_AUTH_SOCK: '/tmp/agent',
    TSMPI_SECRET_FILE: '/secret',
    NODE_ENVIRONMENT: 'another',
  };
  const expected = { NODE_ENV: 'test', NODE_OPTIONS: '', LANG: 'C', LC_ALL: 'C', TSMPI_ALGORITHMS: 'bcast=chain' };
  expect(remoteEnvironment(env)).toEqual(expected);
});
