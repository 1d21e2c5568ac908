/** The empty job: connect, and leave. What it costs is measured from outside, by main.ts. */
import 'tsmpi';
