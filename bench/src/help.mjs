/** What `pnpm bench --help` prints. */
export const help = `Measures countersign beside what it is an alternative to, in one run.

  pnpm bench                   everything with few rounds, under 3 minutes; prints the tables
  pnpm bench --full            everything; writes bench/results/summary.json, docs/performance.md and its plots
  pnpm bench --check           the bars alone, on Node 24, at most 9 minutes; exit code 1 where one falls short
  pnpm bench --check --node 20 the same on another Node (20, 22, 26), with bars 15 % wider
  pnpm bench profile           where the time goes: functions by self time, hot and cold
  pnpm bench page              writes docs/performance.md again from bench/results/summary.json

  --node <version>             measures with npm's binary of that Node in place of the one on PATH
  --only <section>             one of verify, http, growth, storms, extras, exchange, audit, start; may be given again
  --help                       this

Raw samples go to bench/results/. Load comes from wrk where it is on PATH (Debian has it), else from autocannon. On
Linux with taskset and chrt, all servers are put on one core and the load on another, which is kept busy; elsewhere they
share what there is. Only ratios within a run count. Nothing else should run meanwhile.
`
